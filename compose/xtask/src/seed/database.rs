//! The database, spoken to through psql.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

/// By which the sessions of a seeding know each other.
const NAME: &str = "helpdesk seed";
/// For our own sessions: no wait for the disk at each commit, room to sort, times in UTC, and an end of their own when we die.
const SETTINGS: &str = "-c synchronous_commit=off -c work_mem=64MB -c maintenance_work_mem=512MB -c jit=off \
    -c max_parallel_maintenance_workers=0 -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning \
    -c client_connection_check_interval=1000";
/// What a session says when it has done a script.
const DONE: &str = "helpdesk-seed-done";

/// A PostgreSQL database.
pub struct Database {
    address: String,
    psql: PathBuf,
}

/// One connection that stays.
pub struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    complaints: File,
}

impl Database {
    /// The database at this address.
    ///
    /// # Errors
    /// When there is no psql.
    pub fn at(address: &str) -> anyhow::Result<Self> {
        let beside = std::env::var_os("TEST_PG_BIN").map(|folder| PathBuf::from(folder).join("psql"));
        let psql = beside.filter(|file| place::is_program(file)).or_else(|| place::on_path("psql"));
        let psql = psql.context("psql is needed and not to be found; it comes with PostgreSQL's client")?;
        Ok(Self::by(&psql, address))
    }

    /// The database at this address, spoken to through this psql.
    pub fn by(psql: &Path, address: &str) -> Self {
        Self { address: address.to_owned(), psql: psql.to_owned() }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new(&self.psql);
        // In the environment and not among the arguments, where everybody on the machine could read the password.
        let (public, password) = apart(&self.address);
        if let Some(password) = password {
            psql.env("PGPASSWORD", password);
        }
        psql.env("PGOPTIONS", SETTINGS).env("PGAPPNAME", NAME).arg(public);
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--no-align", "--tuples-only"]);
        psql
    }

    /// What a query answers, as text.
    ///
    /// # Errors
    /// What psql complains of.
    pub fn query(&self, sql: &str, stop: &Stop) -> anyhow::Result<String> {
        Ok(command::quiet(self.psql().args(["--command", sql]), stop)?.trim().to_owned())
    }

    /// Runs a script.
    ///
    /// # Errors
    /// What psql complains of.
    pub fn script(&self, script: &str, stop: &Stop) -> anyhow::Result<()> {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(script.as_bytes())?;
        command::quiet(self.psql().arg("--file").arg(file.path()), stop).map(|_| ())
    }

    /// A time in microseconds since 1970; now when none is said.
    ///
    /// # Errors
    /// When the database cannot read it.
    pub fn time(&self, said: Option<&str>, stop: &Stop) -> anyhow::Result<i64> {
        let said = said.unwrap_or("now").replace('\'', "");
        let asked = format!("SELECT (extract(epoch FROM '{said}'::timestamptz) * 1000000)::bigint");
        let answer = self.query(&asked, stop).context("--until takes a time, as in 2026-11-24T08:00:00Z")?;
        Ok(answer.parse()?)
    }

    /// The last ticket number that was given.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn last_number(&self, stop: &Stop) -> anyhow::Result<u64> {
        let asked = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ticket_number_seq";
        Ok(self.query(asked, stop)?.parse()?)
    }

    /// How many sessions of other seedings are at work. The server still shows those for a moment whose client has gone, our own
    /// too: so only what is there for two seconds counts.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn others(&self, stop: &Stop) -> anyhow::Result<u64> {
        let asked = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{NAME}' AND datname = current_database() \
             AND pid <> pg_backend_pid()"
        );
        let mut others: u64 = self.query(&asked, stop)?.parse()?;
        for _ in 0..20 {
            if others == 0 {
                break;
            }
            stop.check()?;
            std::thread::sleep(Duration::from_millis(100));
            others = self.query(&asked, stop)?.parse()?;
        }
        Ok(others)
    }

    /// Runs what another program writes, as it comes, and gives every line that psql says.
    ///
    /// # Errors
    /// What either of them complains of.
    pub fn pipe(&self, maker: &mut Command, stop: &Stop, mut told: impl FnMut(&str)) -> anyhow::Result<()> {
        let mut complaints = tempfile::tempfile()?;
        let mut maker = command::spawn(
            maker
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(complaints.try_clone()?)
                .process_group(0),
        )?;
        let leader = command::id(&maker);
        let _front = stop.in_front(-leader);
        let made = maker.stdout.take().context("its output was piped")?;
        let mut psql = {
            // Gone with its end of the pipe as soon as psql runs: so the maker hears of it when psql ends.
            let mut psql = self.psql();
            psql.args(["--file", "-"]).stdin(made).stdout(Stdio::piped()).stderr(complaints.try_clone()?);
            command::spawn(psql.process_group(leader))?
        };
        let from = BufReader::new(psql.stdout.take().context("its output was piped")?);
        for line in from.lines() {
            told(&line?);
        }
        let [read, wrote] = [psql.wait()?, maker.wait()?];
        stop.check()?;
        let mut said = String::new();
        complaints.rewind()?;
        complaints.read_to_string(&mut said)?;
        anyhow::ensure!(read.success() && wrote.success(), "{}", command::last_lines(&said, 15));
        Ok(())
    }

    /// A connection that stays, its psql in the process group of `leader` or, without one, at the head of its own.
    ///
    /// # Errors
    /// When psql cannot be started.
    pub fn connect(&self, leader: Option<i32>) -> anyhow::Result<Session> {
        let complaints = tempfile::tempfile()?;
        let mut psql = self.psql();
        psql.args(["--file", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints.try_clone()?);
        let mut child = command::spawn(psql.process_group(leader.unwrap_or(0)))?;
        let to = child.stdin.take().context("its input was piped")?;
        let from = BufReader::new(child.stdout.take().context("its output was piped")?);
        Ok(Session { child, to, from, complaints })
    }
}

impl Session {
    /// The id of its process.
    pub fn id(&self) -> i32 {
        command::id(&self.child)
    }

    /// Runs a script to its end.
    ///
    /// # Errors
    /// What psql complains of.
    pub fn run(&mut self, script: &str) -> anyhow::Result<()> {
        let sent = writeln!(self.to, "{script}\n\\echo {DONE}").and_then(|()| self.to.flush());
        let mut line = String::new();
        while sent.is_ok() && self.from.read_line(&mut line)? > 0 {
            if line.trim() == DONE {
                return Ok(());
            }
            line.clear();
        }
        let mut said = String::new();
        self.complaints.rewind()?;
        self.complaints.read_to_string(&mut said)?;
        anyhow::bail!("psql ended early: {}", command::last_lines(&said, 15))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // At the end of its input it would end by itself, but not while it is in the middle of a statement.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address without its password, and the password.
fn apart(address: &str) -> (String, Option<String>) {
    let whole = || (address.to_owned(), None);
    let Some((scheme, rest)) = address.split_once("://") else { return whole() };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((user, password)) = authority.rsplit_once('@').and_then(|(login, _)| login.split_once(':'))
    else {
        return whole();
    };
    let behind = &rest[user.len() + 1 + password.len()..];
    (format!("{scheme}://{user}{behind}"), Some(decoded(password)))
}

/// A text in which bytes may be written as `%40`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let code = others.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = code.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_taken_out_of_the_address() {
        for (address, public, password) in [
            ("postgres://u:p@h:5432/db", "postgres://u@h:5432/db", Some("p")),
            (
                "postgres://u:a%40b%2Fc%zz@h/db?sslmode=require",
                "postgres://u@h/db?sslmode=require",
                Some("a@b/c%zz"),
            ),
            ("postgres://u@h/db", "postgres://u@h/db", None),
            ("postgres://h/db?options=a:b@c", "postgres://h/db?options=a:b@c", None),
        ] {
            assert_eq!(apart(address), (public.to_owned(), password.map(str::to_owned)), "{address}");
        }
    }
}
