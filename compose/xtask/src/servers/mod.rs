//! Private servers for the tests: PostgreSQL, Redis, NATS with JetStream, SeaweedFS for S3, an SMTP sink, ClamAV.
//!
//! Each listens on a free port of 127.0.0.1 and keeps its data in a temporary folder. A server that the environment names
//! already is used as it is.

mod clamd;
mod nats;
mod ports;
mod postgres;
mod process;
mod redis;
mod s3;
mod smtp;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context;

use crate::command;
use crate::install::{self, Tools, Wanted};
use crate::stop::Stop;

pub use ports::{free as free_port, give as give_ports};
pub use postgres::log as postgres_log;
pub use process::{Server, get};

/// The variables that tell the tests where the servers are.
pub const VARIABLES: [&str; 15] = [
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
    "TEST_NATS_URL",
    "TEST_SMTP_URL",
    "TEST_SMTP_MAILDIR",
    "TEST_S3_URL",
    "TEST_S3_ACCESS_KEY",
    "TEST_S3_SECRET_KEY",
    "TEST_CLAMD_ADDRESS",
    "TEST_PG_BIN",
    "TEST_REDIS_SERVER",
    "TEST_NATS_SERVER",
    "TEST_NATS_CLI",
    "TEST_CLAMD",
    "TEST_HAPROXY",
];

/// How long a server may take until it answers. A loaded machine is slow, a dead server is noticed at once.
const PATIENCE: Duration = Duration::from_secs(90);

/// The running servers. Dropped, they are stopped and their data is gone.
pub struct Servers {
    running: Vec<Server>,
    /// What the tests are told.
    pub environment: Vec<(&'static str, String)>,
    _folder: tempfile::TempDir,
}

/// What is started here, the environment being what it is.
pub fn wanted() -> Wanted {
    let absent = |variable| std::env::var_os(variable).is_none_or(|value| value.is_empty());
    Wanted {
        postgres: absent("TEST_DATABASE_URL"),
        redis: absent("TEST_REDIS_URL"),
        nats: absent("TEST_NATS_URL"),
        smtp: absent("TEST_SMTP_URL"),
        s3: absent("TEST_S3_URL"),
        clamd: absent("TEST_CLAMD_ADDRESS"),
    }
}

impl Servers {
    /// Starts what is wanted and waits until all of it answers.
    pub fn start(wanted: Wanted, tools: &Tools, stop: &Stop) -> anyhow::Result<Servers> {
        let folder = tempfile::Builder::new().prefix("helpdesk-servers-").tempdir()?;
        // PostgreSQL may run as another user, and has to get at its own folder in this one.
        open_to_others(folder.path())?;
        let environment =
            VARIABLES.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?))).collect();
        let mut servers = Servers { running: Vec::new(), environment, _folder: folder };
        let at = servers._folder.path().to_path_buf();
        servers.tell_tools(tools);
        // The quick ones first: they come up while PostgreSQL makes its folder.
        if wanted.s3 {
            servers.add(s3::start(needed(&tools.weed, "SeaweedFS")?, &at)?);
        }
        if wanted.nats {
            servers.add(nats::start(needed(&tools.nats_server, "nats-server")?, &at)?);
        }
        if wanted.redis {
            servers.add(redis::start(needed(&tools.redis_server, "redis-server")?, &at)?);
        }
        if wanted.smtp {
            servers.add(smtp::start(needed(&tools.aiosmtpd, "aiosmtpd")?, &at)?);
        }
        if wanted.clamd {
            servers.add(clamd::start(needed(&tools.clamd, "clamd")?, &at)?);
        }
        if wanted.postgres {
            servers.add(postgres::start(needed(&tools.postgres, "PostgreSQL")?, &at, stop)?);
        }
        for server in &mut servers.running {
            server.wait_until_it_answers(PATIENCE, stop)?;
        }
        Ok(servers)
    }

    /// The servers started here, for reading: `PostgreSQL 5432, …`.
    pub fn in_words(&self) -> String {
        if self.running.is_empty() {
            return "all named by the environment".to_owned();
        }
        self.running
            .iter()
            .map(|server| format!("{} {}", server.name, server.port))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// An error when one of them has died, with its last words.
    pub fn check(&mut self) -> anyhow::Result<()> {
        self.running.iter_mut().try_for_each(Server::check)
    }

    fn add(&mut self, (server, told): (Server, Vec<(&'static str, String)>)) {
        self.running.push(server);
        self.environment.extend(told);
    }

    /// Some tests start and kill servers of their own, and are told where the programs are.
    fn tell_tools(&mut self, tools: &Tools) {
        let programs = [
            ("TEST_PG_BIN", &tools.postgres),
            ("TEST_REDIS_SERVER", &tools.redis_server),
            ("TEST_NATS_SERVER", &tools.nats_server),
            ("TEST_NATS_CLI", &tools.nats_cli),
            ("TEST_CLAMD", &tools.clamd),
            ("TEST_HAPROXY", &tools.haproxy),
        ];
        for (variable, program) in programs {
            let named = self.environment.iter().any(|(name, _)| *name == variable);
            if let (Some(program), false) = (program, named) {
                self.environment.push((variable, program.display().to_string()));
            }
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // All are asked first and stop side by side; each is then waited for when it is dropped.
        self.running.iter_mut().for_each(Server::ask_to_stop);
    }
}

/// Starts the servers, prints their addresses and keeps them until somebody asks us to stop.
pub fn keep(stop: &Stop) -> anyhow::Result<ExitCode> {
    let mut servers = prepare(stop)?;
    eprintln!("Running: {}. In another shell:\n", servers.in_words());
    for (name, value) in &servers.environment {
        println!("export {name}='{value}'");
    }
    eprintln!("\nCtrl-C stops them.");
    while !stop.is_asked() {
        std::thread::sleep(Duration::from_millis(200));
        servers.check()?;
    }
    eprintln!("\nStopping …");
    Ok(ExitCode::SUCCESS)
}

/// Runs a command with the servers' addresses in its environment and stops them after it. Its exit code is ours.
pub fn run(words: &[String], stop: &Stop) -> anyhow::Result<ExitCode> {
    let (program, rest) = words.split_first().context("--run needs a command after --")?;
    let mut servers = prepare(stop)?;
    eprintln!("Running: {}", servers.in_words());
    let mut given = Command::new(program);
    let status = command::converse(given.args(rest).envs(servers.environment.iter().cloned()), stop)?;
    stop.check()?;
    servers.check()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

fn prepare(stop: &Stop) -> anyhow::Result<Servers> {
    let wanted = wanted();
    let tools = install::all(wanted, stop)?;
    Servers::start(wanted, &tools, stop)
}

fn needed<'a>(program: &'a Option<PathBuf>, name: &str) -> anyhow::Result<&'a Path> {
    program.as_deref().with_context(|| format!("{name} is needed and not to be found"))
}

fn open_to_others(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?)
}
