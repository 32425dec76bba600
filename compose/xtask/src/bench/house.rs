//! The services under measurement, each a process of its own, on the private servers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::{load, recorder};
use crate::command;
use crate::servers::{self, Server, Servers};
use crate::stop::Stop;

const PATIENCE: Duration = Duration::from_secs(30);

/// Where things are, and how a service is started there.
pub struct House {
    folder: tempfile::TempDir,
    /// Where the programs lie that are measured.
    programs: PathBuf,
    database: String,
    nats: String,
    redis: String,
    s3: [String; 3],
    smtp: String,
    /// Where the mails lie that the SMTP server has taken, as far as it is known.
    mails: Option<String>,
    psql: PathBuf,
    /// Databases that are seeded already, each with the service whose it is.
    seeded: Vec<(&'static str, String)>,
    /// The database that a service has in this measurement instead of a fresh one.
    lent: Option<(&'static str, String)>,
    /// What a service is told besides in this measurement: whose, name, value.
    settings: Vec<(&'static str, &'static str, String)>,
    /// What keeps one measurement's databases and streams apart from the next one's.
    number: u32,
    /// The databases made so far; a server that is kept is left without them.
    made: Vec<String>,
}

/// Some services that run together; dropped, they are stopped.
pub struct Running {
    servers: Vec<Server>,
    pub ports: Vec<(&'static str, u16)>,
}

impl House {
    /// A house on these servers.
    ///
    /// # Errors
    /// When one that is needed is not among them.
    pub fn new(
        servers: &Servers,
        programs: PathBuf,
        seeded: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        let told = |name: &str| -> anyhow::Result<String> {
            let found = servers.environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone()).with_context(|| format!("{name} is not known"))
        };
        let psql = match told("TEST_PG_BIN") {
            Ok(bin) => PathBuf::from(bin).join("psql"),
            Err(_) => PathBuf::from("psql"),
        };
        Ok(Self {
            folder: tempfile::tempdir()?,
            programs,
            database: told("TEST_DATABASE_URL")?,
            nats: told("TEST_NATS_URL")?,
            redis: told("TEST_REDIS_URL")?,
            s3: [told("TEST_S3_URL")?, told("TEST_S3_ACCESS_KEY")?, told("TEST_S3_SECRET_KEY")?],
            smtp: told("TEST_SMTP_URL")?,
            mails: told("TEST_SMTP_MAILDIR").ok(),
            psql,
            seeded,
            lent: None,
            settings: Vec::new(),
            number: 0,
            made: Vec::new(),
        })
    }

    /// Fresh databases and streams from here on.
    pub fn afresh(&mut self, services: &[&str], stop: &Stop) -> anyhow::Result<()> {
        self.number += 1;
        self.lent = None;
        self.settings.clear();
        services.iter().try_for_each(|service| self.add(service, stop))
    }

    /// A fresh database for one more service.
    pub fn add(&mut self, service: &str, stop: &Stop) -> anyhow::Result<()> {
        let name = self.database_name(service);
        let create = format!("CREATE DATABASE {name}");
        command::quiet(self.psql_at(&self.database).args(["-c", &create]), stop)?;
        self.made.push(name);
        Ok(())
    }

    /// Lends a service the seeded database of its kind, if there is one, until the next measurement.
    pub fn lend(&mut self, service: &str) -> bool {
        self.lent = self.seeded.iter().find(|(whose, _)| *whose == service).cloned();
        self.lent.is_some()
    }

    /// Tells a service something besides, until the next measurement.
    pub fn set(&mut self, service: &'static str, name: &'static str, value: impl ToString) {
        self.settings.push((service, name, value.to_string()));
    }

    /// The S3 server: its address, its access key and its secret key.
    pub fn s3(&self) -> &[String; 3] {
        &self.s3
    }

    /// A bucket of this measurement's own.
    pub fn bucket(&self, of: &str) -> String {
        format!("{}-{of}", self.name())
    }

    /// The address of the SMTP server.
    pub fn smtp(&self) -> &str {
        &self.smtp
    }

    /// The folder with the mails that it has taken.
    pub fn mails(&self) -> anyhow::Result<&Path> {
        self.mails.as_deref().map(Path::new).context("TEST_SMTP_MAILDIR is not known")
    }

    /// The domain that names the mails of this measurement.
    pub fn mail_domain(&self) -> String {
        format!("{}.example.com", self.name())
    }

    /// The database of a service in this measurement.
    pub fn database(&self, service: &str) -> String {
        if let Some((_, address)) = self.lent.as_ref().filter(|(whose, _)| *whose == service) {
            return address.clone();
        }
        let (server, _) = self.database.rsplit_once('/').unwrap_or((&self.database, ""));
        format!("{server}/{}", self.database_name(service))
    }

    /// The address of the NATS server.
    pub fn nats(&self) -> &str {
        &self.nats
    }

    /// What the names of this measurement's streams and subjects begin with.
    pub fn namespace(&self) -> String {
        self.name()
    }

    /// A folder for what is written in between.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// By our process: a server that somebody keeps may be used again and again.
    fn name(&self) -> String {
        format!("bench{}x{}", std::process::id(), self.number)
    }

    fn database_name(&self, service: &str) -> String {
        format!("{}_{service}", self.name())
    }

    /// What a query answers, as text.
    pub fn query(&self, service: &str, sql: &str, stop: &Stop) -> anyhow::Result<String> {
        let mut psql = self.psql(service);
        Ok(command::quiet(psql.args(["-qAt", "-c", sql]), stop)?.trim().to_owned())
    }

    /// `psql` on the database of a service.
    pub fn psql(&self, service: &str) -> Command {
        self.psql_at(&self.database(service))
    }

    fn psql_at(&self, database: &str) -> Command {
        let mut psql = Command::new(&self.psql);
        psql.args([database, "-v", "ON_ERROR_STOP=1"]);
        psql
    }

    /// Where the programs lie.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Where `psql` lies.
    pub fn psql_file(&self) -> &Path {
        &self.psql
    }

    /// Where `pgbench` lies, and a folder for its scripts.
    pub fn pgbench(&self) -> (PathBuf, PathBuf) {
        (self.psql.with_file_name("pgbench"), self.folder.path().to_path_buf())
    }

    /// Makes a service's tables in a database without starting the service.
    pub fn migrate(&self, service: &str, database: &str, stop: &Stop) -> anyhow::Result<()> {
        let mut command = self.service(service, &[]);
        command::quiet(command.env("DATABASE_URL", self.database(database)).arg("migrate"), stop).map(|_| ())
    }

    /// Starts services together on the real servers and waits until each is ready.
    pub fn start(&self, services: &[&'static str], stop: &Stop) -> anyhow::Result<Running> {
        self.start_as(services, |_, address| address, stop)
    }

    /// The same with one of them so that all that it asks its database can be recorded.
    pub fn start_loud(&self, services: &[&'static str], loud: &str, stop: &Stop) -> anyhow::Result<Running> {
        let address = |service: &str, it: String| if service == loud { recorder::loud(&it) } else { it };
        self.start_as(services, address, stop)
    }

    fn start_as(
        &self,
        services: &[&'static str],
        address: impl Fn(&str, String) -> String,
        stop: &Stop,
    ) -> anyhow::Result<Running> {
        let mut ports = Vec::new();
        for service in services {
            ports.push((*service, servers::free_port()?));
        }
        let mut running = Running { servers: Vec::new(), ports };
        for (service, port) in running.ports.clone() {
            let mut command = self.service(service, &running.ports);
            command.env("PORT", port.to_string());
            command.env("DATABASE_URL", address(service, self.database(service)));
            running.servers.push(self.launch(service, port, &mut command)?);
        }
        running.wait(stop)?;
        Ok(running)
    }

    /// Starts the one process on its embedded defaults.
    pub fn start_embedded(&self, stop: &Stop) -> anyhow::Result<Running> {
        let mut command = self.program("helpdesk");
        let gateway = servers::give_ports(&mut command)?;
        command.env("HELPDESK_DATA_DIR", self.folder.path().join("embedded"));
        let server = self.launch("helpdesk", gateway, &mut command)?;
        let mut running = Running { servers: vec![server], ports: vec![("helpdesk", gateway)] };
        running.wait(stop)?;
        Ok(running)
    }

    fn launch(&self, name: &'static str, port: u16, command: &mut Command) -> anyhow::Result<Server> {
        let ready = load::request("GET", "/ready", None, None);
        let answers = move || load::ask(port, &ready, 200).is_ok();
        Server::start(name, port, command, libc::SIGTERM, self.folder.path(), answers)
    }

    fn service(&self, service: &str, ports: &[(&'static str, u16)]) -> Command {
        let mut command = self.program(&format!("helpdesk-{service}"));
        command
            .env("DATABASE_URL", self.database(service))
            .env("NATS_URL", &self.nats)
            .env("NATS_NAMESPACE", self.name())
            .env("REDIS_URL", &self.redis)
            .env("S3_ENDPOINT", &self.s3[0])
            .env("S3_ACCESS_KEY", &self.s3[1])
            .env("S3_SECRET_KEY", &self.s3[2])
            .env("SMTP_URL", &self.smtp)
            .env("MAIL_DOMAIN", self.mail_domain())
            .env("CACHE_PREFIX", self.name())
            .env("HELPDESK_DATA_DIR", self.folder.path().join(service));
        for (peer, port) in ports {
            let key = match *peer {
                "auth" => "AUTH_SERVICE_URL",
                "tickets" => "TICKET_SERVICE_URL",
                _ => continue,
            };
            command.env(key, format!("http://127.0.0.1:{port}"));
        }
        for (_, name, value) in self.settings.iter().filter(|(whose, ..)| *whose == service) {
            command.env(name, value);
        }
        command
    }

    /// One of the programs that are measured.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).env("LOG_LEVEL", "warn");
        command
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for name in &self.made {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            // What cannot be dropped does no harm; a server of ours is gone soon.
            let _ = self.psql_at(&self.database).args(["-q", "-c", &drop]).output();
        }
    }
}

impl Running {
    /// The port of a service.
    pub fn port(&self, service: &str) -> anyhow::Result<u16> {
        let found = self.ports.iter().find(|(name, _)| *name == service);
        found.map(|(_, port)| *port).with_context(|| format!("{service} was not started"))
    }

    /// Resident memory of a service, in MB.
    pub fn resident(&self, service: &str) -> anyhow::Result<f64> {
        let id =
            self.servers.iter().find(|server| server.name == service).context("it was not started")?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }

    fn wait(&mut self, stop: &Stop) -> anyhow::Result<()> {
        self.servers.iter_mut().try_for_each(|server| server.wait_until_it_answers(PATIENCE, stop))
    }
}
