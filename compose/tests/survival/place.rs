//! Where one test's helpdesk lives: its folder, its servers, its databases.

use std::{
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::{
    ledger::count,
    support::{self, Launch},
    waiting::until,
};

pub const SERVICES: [&str; 6] = ["auth", "users", "tickets", "files", "notifications", "audit"];

/// A folder, and the servers that are not embedded.
pub struct Place {
    folder: TempDir,
    real: Option<Real>,
}

struct Real {
    admin: String,
    prefix: String,
    nats_port: u16,
    nats_server: PathBuf,
    redis: Option<String>,
    smtp: String,
    maildir: PathBuf,
    /// The settings of an S3 server and of buckets on it, if one is named.
    s3: Option<Vec<(&'static str, String)>>,
}

impl Place {
    pub fn embedded() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary directory can be made"), real: None }
    }

    /// `None` where the servers are not named.
    pub async fn real() -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        Self::on(&std::env::var("TEST_DATABASE_URL").ok().filter(|value| !value.is_empty())?).await
    }

    /// On this PostgreSQL rather than on the one that is named.
    pub async fn on(database: &str) -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        let named = |key: &str| std::env::var(key).ok().filter(|value| !value.is_empty());
        #[allow(clippy::disallowed_methods, reason = "tests that run side by side share the server")]
        let prefix = format!("survival_{}", uuid::Uuid::new_v4().simple());
        let bucket = |name: &str| Some(format!("{}-{name}", prefix.replace('_', "-")));
        let s3 = [
            ("S3_ENDPOINT", named("TEST_S3_URL")),
            ("S3_ACCESS_KEY", named("TEST_S3_ACCESS_KEY")),
            ("S3_SECRET_KEY", named("TEST_S3_SECRET_KEY")),
            ("S3_BUCKET_TICKETS", bucket("tickets")),
            ("S3_BUCKET_AVATARS", bucket("avatars")),
            ("S3_BUCKET_AUDIT", bucket("audit")),
        ];
        let real = Real {
            admin: database.to_owned(),
            nats_port: free_port(),
            nats_server: named("TEST_NATS_SERVER")?.into(),
            redis: named("TEST_REDIS_URL"),
            smtp: named("TEST_SMTP_URL")?,
            maildir: named("TEST_SMTP_MAILDIR")?.into(),
            s3: s3.into_iter().map(|(key, value)| Some((key, value?))).collect(),
            prefix,
        };
        real.each_database("CREATE DATABASE {}").await;
        Some(Self { real: Some(real), ..Self::embedded() })
    }

    /// A folder for one of several processes.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    /// How helpdesk is started here.
    pub fn launch(&self) -> Launch {
        // A mail that was under way when its worker was killed is taken up again three of these later.
        let launch = Launch::within(self.folder.path()).with("LOG_LEVEL", "warn").with("MAIL_TIMEOUT", "3s");
        let Some(real) = &self.real else { return launch };
        let launch = launch
            .with("DATABASE_URL", real.database("{service}"))
            .with("NATS_URL", self.nats().unwrap_or_default())
            .with("SMTP_URL", &real.smtp);
        match &real.redis {
            Some(redis) => launch.with("REDIS_URL", redis).with("CACHE_PREFIX", &real.prefix),
            None => launch,
        }
    }

    /// The settings of an S3 server and of buckets that nobody else has here, if one is named.
    pub fn buckets(&self) -> Option<&[(&'static str, String)]> {
        self.real.as_ref()?.s3.as_deref()
    }

    /// The program `psql`, where PostgreSQL's are named.
    pub fn psql() -> Option<PathBuf> {
        Some(postgres_programs()?.join("psql"))
    }

    /// The program of a Redis server, where one is named.
    pub fn redis_server() -> Option<PathBuf> {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        std::env::var_os("TEST_REDIS_SERVER").map(PathBuf::from)
    }

    /// The database of a service.
    pub fn database(&self, service: &str) -> String {
        match &self.real {
            Some(real) => real.database(service),
            None => format!("sqlite://{}", self.folder.path().join(format!("data/{service}.db")).display()),
        }
    }

    /// Where NATS is, if there is one.
    pub fn nats(&self) -> Option<String> {
        self.real.as_ref().map(|real| format!("nats://127.0.0.1:{}", real.nats_port))
    }

    /// Where sent mails lie.
    pub fn mail(&self) -> PathBuf {
        self.real.as_ref().map_or_else(|| self.folder.path().join("data/mail"), |real| real.maildir.clone())
    }

    /// Loses every database; empty ones are in their places.
    pub async fn lose_databases(&self) {
        let real = self.real.as_ref().expect("only on real servers");
        real.each_database("DROP DATABASE {} WITH (FORCE)").await;
        real.each_database("CREATE DATABASE {}").await;
    }

    /// Leaves the servers as they were found.
    pub async fn clean(&self) {
        if let Some(real) = &self.real {
            real.each_database("DROP DATABASE IF EXISTS {} WITH (FORCE)").await;
        }
    }
}

impl Real {
    fn database(&self, service: &str) -> String {
        let (server, _) = self.admin.rsplit_once('/').expect("TEST_DATABASE_URL ends in /<database>");
        format!("{server}/{}_{service}", self.prefix)
    }

    async fn each_database(&self, statement: &str) {
        let connection = Database::connect(&self.admin).await.expect("TEST_DATABASE_URL answers");
        // At once: each waits for the disk.
        let all = SERVICES.map(|service| {
            let sql = statement.replace("{}", &format!("{}_{service}", self.prefix));
            let connection = &connection;
            async move { connection.execute_unprepared(&sql).await }
        });
        futures_util::future::try_join_all(all).await.expect("private databases can be made and dropped");
    }
}

/// A NATS server whose store can be lost.
pub struct Nats {
    child: Child,
    program: PathBuf,
    port: u16,
    store: PathBuf,
}

impl Nats {
    pub async fn start(place: &Place) -> Self {
        let real = place.real.as_ref().expect("only on real servers");
        let (program, port) = (real.nats_server.clone(), real.nats_port);
        let store = place.folder.path().join("jetstream");
        let nats = Self { child: start(&program, port, &store), program, port, store };
        nats.until_it_answers().await;
        nats
    }

    /// SIGSTOP: it takes connections and bytes, and does nothing with them.
    pub fn freeze(&self) {
        let sent = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill can be called").success());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Starts it again after [`Nats::kill`], with the store that it had.
    pub async fn restart(&mut self) {
        self.child = start(&self.program, self.port, &self.store);
        self.until_it_answers().await;
    }

    /// Kills it, deletes its store, and starts it again.
    pub async fn wipe(&mut self) {
        self.kill();
        std::fs::remove_dir_all(&self.store).expect("the store is there");
        self.restart().await;
    }

    async fn until_it_answers(&self) {
        let address = format!("127.0.0.1:{}", self.port);
        until("NATS answers", || async { tokio::net::TcpStream::connect(&address).await.is_ok() }).await;
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Redis server that keeps nothing over its end, which is this value's.
pub struct Redis(Child);

impl Redis {
    pub fn start(program: &Path, port: u16) -> Self {
        let child = Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("redis-server can be started"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.0.kill().expect("a child can be killed");
        self.0.wait().expect("a child can be waited for");
    }
}

/// A PostgreSQL server that can be restarted. It is killed and the machine is not, so that it need not wait for the disk.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    /// Whom it runs as, where we are root, as which it refuses to run.
    user: Option<(u32, u32)>,
    url: String,
}

impl Postgres {
    /// Makes a cluster and starts it. `None` where its programs are not named.
    pub fn start() -> Option<Self> {
        let programs = postgres_programs()?;
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let is_root = folder.path().metadata().expect("the folder is there").uid() == 0;
        let user = is_root.then(other_user);
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).expect("root gives folders away");
        }
        // None that a connection takes as its own end while the server is down.
        let port = support::free_port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let server = Self { folder, programs, user, url };
        server.run("initdb", &["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
        let settings = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=400 -c fsync=off"
        );
        server.run("pg_ctl", &["start", "--wait", "--log=log", "--options", &settings]);
        Some(server)
    }

    /// The address of its superuser's database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now until it is restarted, what is committed is durable and nobody is told, as if a standby had to have it first.
    /// Waits until somebody who has written to this table is kept waiting so.
    pub async fn withhold_answers(&self, database: &str, table: &str) {
        let admin = Database::connect(database).await.expect("the server answers");
        let say = async |sql: &str| admin.execute_unprepared(sql).await.expect("a superuser may say so");
        say("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
        say("SELECT pg_reload_conf()").await;
        let waiting = format!(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE wait_event = 'SyncRep' \
             AND relation = '{table}'::regclass AND mode = 'RowExclusiveLock'"
        );
        until("a commit is not answered", || async { count(&admin, &waiting).await > 0 }).await;
        // Read by the restart.
        say("ALTER SYSTEM RESET synchronous_standby_names").await;
    }

    /// Ends it as a crash would, without a checkpoint, and starts it again; it accepts connections afterwards.
    pub fn restart(&self) {
        self.run("pg_ctl", &["restart", "--mode=immediate", "--wait", "--log=log"]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.program(program, arguments).status().expect("PostgreSQL's programs can be called");
        let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(status.success(), "{program} {arguments:?}: {status}\n{}", log());
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut program = Command::new(self.programs.join(name));
        program.args(["--pgdata", "data"]).args(arguments);
        program.current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        program.stdin(Stdio::null()).stdout(Stdio::null());
        if let Some((uid, gid)) = self.user {
            program.uid(uid).gid(gid);
        }
        program
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may never have started.
        let _ = self.program("pg_ctl", &["stop", "--mode=immediate", "--wait"]).status();
    }
}

/// Where PostgreSQL's programs lie, if that is named.
fn postgres_programs() -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
    std::env::var_os("TEST_PG_BIN").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The user `postgres` of the package or, without one, `nobody`.
fn other_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").expect("a list of users");
    let named = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map_while(|id| id.parse().ok());
        Some((ids.next()?, ids.next()?))
    };
    named("postgres").or_else(|| named("nobody")).expect("somebody who is not root")
}

fn start(program: &Path, port: u16, store: &Path) -> Child {
    Command::new(program)
        .args(["--jetstream", "--addr", "127.0.0.1", "--port", &port.to_string(), "--store_dir"])
        .arg(store)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nats-server can be started")
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
