//! The real programs as child processes: helpdesk, and a NATS server of one's own.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use uuid::Uuid;

pub const SERVICES: [&str; 6] = ["auth", "users", "tickets", "files", "notifications", "audit"];
const PATIENCE: Duration = Duration::from_secs(60);

/// Where one test's helpdesk lives: its folder, ports, and servers.
pub struct Place {
    pub folder: TempDir,
    environment: Vec<(String, String)>,
    gateway: u16,
    pub real: Option<Real>,
}

/// The servers of a test that does not run on the embedded backends.
pub struct Real {
    admin: String,
    prefix: String,
    pub nats_port: u16,
    nats_server: PathBuf,
    /// Where the mail server puts what it takes.
    pub maildir: PathBuf,
}

impl Place {
    pub fn embedded() -> Self {
        Self::with(Vec::new(), None)
    }

    /// `None` where the servers are not named.
    pub async fn real() -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
        let named = |key: &str| std::env::var(key).ok().filter(|value| !value.is_empty());
        let (admin, nats_server) = (named("TEST_DATABASE_URL")?, named("TEST_NATS_SERVER")?);
        let (smtp, maildir) = (named("TEST_SMTP_URL")?, named("TEST_SMTP_MAILDIR")?);
        let prefix = format!("survival{}", std::process::id());
        let connection = Database::connect(&admin).await.expect("TEST_DATABASE_URL answers");
        for service in SERVICES {
            let create = format!("CREATE DATABASE {prefix}_{service}");
            connection.execute_unprepared(&create).await.expect("a database can be made");
        }
        let (server, _) = admin.rsplit_once('/').expect("TEST_DATABASE_URL ends in /<database>");
        let nats_port = free_port();
        let mut environment = vec![
            ("DATABASE_URL".to_owned(), format!("{server}/{prefix}_{{service}}")),
            ("NATS_URL".to_owned(), format!("nats://127.0.0.1:{nats_port}")),
            ("SMTP_URL".to_owned(), smtp),
        ];
        if let Some(redis) = named("TEST_REDIS_URL") {
            environment.push(("REDIS_URL".to_owned(), redis));
            environment.push(("CACHE_PREFIX".to_owned(), prefix.clone()));
        }
        let (nats_server, maildir) = (nats_server.into(), maildir.into());
        Some(Self::with(environment, Some(Real { admin, prefix, nats_port, nats_server, maildir })))
    }

    fn with(mut environment: Vec<(String, String)>, real: Option<Real>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let gateway = free_port();
        environment.push(("HELPDESK_PORT".to_owned(), gateway.to_string()));
        for service in SERVICES {
            environment.push((format!("{}_PORT", service.to_uppercase()), free_port().to_string()));
        }
        let data = folder.path().join("data").to_string_lossy().into_owned();
        environment.push(("HELPDESK_DATA_DIR".to_owned(), data));
        // Eight clients sign up from one address, again after each kill.
        environment.push(("LOG_LEVEL".to_owned(), "warn".to_owned()));
        Self { folder, environment, gateway, real }
    }

    /// The origin with all routes.
    pub fn gateway(&self) -> String {
        format!("http://127.0.0.1:{}", self.gateway)
    }

    /// The database of a service.
    pub fn database(&self, service: &str) -> String {
        match &self.real {
            Some(real) => {
                let (server, _) = real.admin.rsplit_once('/').expect("TEST_DATABASE_URL ends in /<database>");
                format!("{server}/{}_{service}", real.prefix)
            }
            None => format!("sqlite://{}", self.folder.path().join(format!("data/{service}.db")).display()),
        }
    }

    /// Leaves the servers as they were found.
    pub async fn clean(&self) {
        let Some(real) = &self.real else { return };
        let connection = Database::connect(&real.admin).await.expect("TEST_DATABASE_URL answers");
        for service in SERVICES {
            let drop = format!("DROP DATABASE IF EXISTS {}_{service} WITH (FORCE)", real.prefix);
            connection.execute_unprepared(&drop).await.expect("a private database can be dropped");
        }
    }
}

/// A running helpdesk.
pub struct Helpdesk(Child);

impl Helpdesk {
    pub async fn start(place: &Place) -> Self {
        let log = place.folder.path().join("helpdesk.log");
        let out = File::options().create(true).append(true).open(&log).expect("a log file can be made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_helpdesk"));
        command.current_dir(place.folder.path()).env_clear().envs(place.environment.iter().cloned());
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a file handle can be copied"))
            .stderr(out)
            .spawn()
            .expect("helpdesk can be started");
        let mut helpdesk = Self(child);
        let ready = format!("{}/ready", place.gateway());
        until("helpdesk is ready", || {
            let ended = helpdesk.0.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "helpdesk has ended: {}", last_words(&log));
            let ready = ready.clone();
            async move { reqwest::get(ready).await.is_ok_and(|answer| answer.status() == 200) }
        })
        .await;
        helpdesk
    }

    /// SIGKILL: no chance to finish anything.
    pub fn kill(&mut self) {
        self.0.kill().expect("a child can be killed");
        self.0.wait().expect("a child can be waited for");
    }

    /// SIGTERM: it finishes what it has and ends well.
    pub async fn stop(mut self) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill can be called");
        assert!(sent.success());
        let ended =
            tokio::task::spawn_blocking(move || self.0.wait()).await.expect("the wait does not panic");
        assert!(ended.expect("a child can be waited for").success(), "a stop by SIGTERM ends well");
    }
}

impl Drop for Helpdesk {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
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
        let nats = Self { child: launch(&program, port, &store), program, port, store };
        nats.until_it_answers().await;
        nats
    }

    /// Kills it, deletes its store, and starts it again.
    pub async fn wipe(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
        std::fs::remove_dir_all(&self.store).expect("the store is there");
        self.child = launch(&self.program, self.port, &self.store);
        self.until_it_answers().await;
    }

    async fn until_it_answers(&self) {
        let address = format!("127.0.0.1:{}", self.port);
        until("NATS answers", || {
            let address = address.clone();
            async move { tokio::net::TcpStream::connect(address).await.is_ok() }
        })
        .await;
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(program: &Path, port: u16, store: &Path) -> Child {
    Command::new(program)
        .args(["--jetstream", "--addr", "127.0.0.1", "--port", &port.to_string(), "--store_dir"])
        .arg(store)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nats-server can be started")
}

/// Waits until a condition holds, and fails the test when it does not come to.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let since = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(25));
    while !holds().await {
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        looks.tick().await;
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

fn last_words(log: &Path) -> String {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// An address that nobody else has.
pub fn address() -> String {
    #[allow(clippy::disallowed_methods, reason = "a test's addresses are random")]
    let unique = Uuid::new_v4().simple();
    format!("{unique}@example.com")
}
