//! What a service asks its database, word for word: read from the log of a PostgreSQL that this program has started. A
//! baseline made of it cannot lag behind the service.

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::house::House;
use crate::servers;
use crate::stop::Stop;

/// How long a service is listened to that nobody asks anything.
const IDLE: Duration = Duration::from_secs(3);
/// Added to a database's address: this client's statements are logged, with their values.
const LOUD: &str = "options=-c%20log_min_duration_statement%3D0";
/// A line begins with a time and the number of the connection's process, as in `2026-11-24 07:33:50.131 UTC [32464] LOG:`.
const PREFIX_SHOULD_BE: &str =
    "the log's lines do not begin with `%m [%p] `, as a fresh PostgreSQL writes them";

/// A statement and its values; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub sql: String,
    pub values: Vec<Option<String>>,
}

impl Statement {
    /// With its values in its text.
    pub fn written(&self) -> String {
        let mut parts = self.sql.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|it: char| it.is_ascii_digit()).len();
            let (number, rest) = part.split_at(digits);
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            match place.and_then(|place| self.values.get(place)) {
                Some(Some(value)) => text.push_str(&format!("'{}'", value.replace('\'', "''"))),
                Some(None) => text.push_str("NULL"),
                None => text.push_str(&format!("${number}")),
            }
            text.push_str(rest);
        }
        text
    }
}

/// Listens to the connections of one database.
pub struct Recorder<'a> {
    house: &'a House,
    service: &'static str,
    /// A question is about something only if it has one of these words.
    about: &'static [&'static str],
    log: PathBuf,
    /// What the service's background tasks ask all the time.
    murmur: HashSet<String>,
}

/// The address of a database whose statements are logged.
pub fn loud(address: &str) -> String {
    format!("{address}{}{LOUD}", if address.contains('?') { '&' } else { '?' })
}

impl<'a> Recorder<'a> {
    /// Listens to a service that was started loudly and that nobody asks anything at the moment, for questions that have one of
    /// the words in `about`.
    ///
    /// # Errors
    /// When the log is not to be found.
    pub fn listen(
        house: &'a House,
        service: &'static str,
        about: &'static [&'static str],
        stop: &Stop,
    ) -> anyhow::Result<Self> {
        let data = house.query(service, "SHOW data_directory", stop)?;
        let log = servers::postgres_log(Path::new(&data));
        ensure!(
            log.is_file(),
            "there is no {}: the statements for the baseline are read from the log, so the database must be on a \
             PostgreSQL of this machine that `cargo xtask bench` or `cargo xtask servers` has started",
            log.display()
        );
        let mut recorder = Self { house, service, about, log, murmur: HashSet::new() };
        let (_, heard) = recorder.during(stop, || {
            let until = Instant::now() + IDLE;
            while Instant::now() < until {
                stop.check()?;
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        })?;
        ensure!(!heard.is_empty(), PREFIX_SHOULD_BE);
        recorder.murmur = heard.into_iter().map(|(_, statement)| statement.sql).collect();
        Ok(recorder)
    }

    /// Does something and gives what the service asked meanwhile, in order, each with the process that it ran in.
    fn during<T>(
        &self,
        stop: &Stop,
        deed: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Vec<(u32, Statement)>)> {
        let mut log = std::fs::File::open(&self.log).context("the log of PostgreSQL cannot be read")?;
        log.seek(SeekFrom::End(0))?;
        let done = deed()?;
        let mut text = Vec::new();
        log.read_to_end(&mut text)?;
        let ours = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()";
        let ours: HashSet<u32> =
            self.house.query(self.service, ours, stop)?.lines().filter_map(|pid| pid.parse().ok()).collect();
        let mut heard = statements(&String::from_utf8_lossy(&text));
        heard.retain(|(pid, _)| ours.contains(pid));
        Ok((done, heard))
    }

    /// Does something and gives the transaction in which a statement occurs that begins like this.
    ///
    /// # Errors
    /// Those of the deed, and when there is no such transaction in the log.
    pub fn transaction<T>(
        &self,
        beginning: &str,
        stop: &Stop,
        deed: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Vec<Statement>)> {
        let (done, heard) = self.during(stop, deed)?;
        let among = heard.iter().find(|(_, statement)| statement.sql.starts_with(beginning));
        let (process, _) = among.with_context(|| format!("the log of PostgreSQL shows no {beginning}"))?;
        let its = heard.iter().filter(|(pid, _)| pid == process).map(|(_, statement)| statement.clone());
        let mut its: Vec<Statement> = its.skip_while(|statement| statement.sql != "BEGIN").collect();
        let end = its.iter().position(|statement| statement.sql == "COMMIT");
        its.truncate(end.context("the log of PostgreSQL shows no COMMIT")? + 1);
        Ok((done, its))
    }

    /// The questions that something caused, leaving out what timers do at the same time.
    ///
    /// # Errors
    /// When there was none.
    pub fn questions(
        &self,
        stop: &Stop,
        deed: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<Statement>> {
        let ((), heard) = self.during(stop, deed)?;
        let mut heard: Vec<Statement> = heard.into_iter().map(|(_, statement)| statement).collect();
        heard.retain(|Statement { sql, .. }| {
            let asks = ["SELECT", "WITH"].iter().any(|it| sql.starts_with(it)) && !sql.contains("FOR UPDATE");
            asks && self.about.iter().any(|it| sql.contains(it)) && !self.murmur.contains(sql)
        });
        ensure!(!heard.is_empty(), "the log of PostgreSQL shows no question for a request");
        Ok(heard)
    }
}

/// The statements in a piece of log, each with the process that it ran in.
fn statements(log: &str) -> Vec<(u32, Statement)> {
    let mut found: Vec<(u32, Statement)> = Vec::new();
    for entry in entries(log) {
        let Some((pid, rest)) = apart(&entry) else { continue };
        if let Some(sql) = rest.strip_prefix("LOG:  duration: ").and_then(executed) {
            found.push((pid, Statement { sql: sql.to_owned(), values: Vec::new() }));
        } else if let Some(detail) = rest.strip_prefix("DETAIL:  ") {
            let said = detail.strip_prefix("parameters: ").or_else(|| detail.strip_prefix("Parameters: "));
            // The steps before the execution are logged too, with the same values.
            if let (Some(said), Some((_, last))) = (said, found.iter_mut().rev().find(|(its, _)| *its == pid))
                && last.values.is_empty()
            {
                last.values = values(said);
            }
        }
    }
    found
}

/// Whole entries: their further lines begin with a tab.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix('\t'), entries.last_mut()) {
            (Some(more), Some(entry)) => {
                entry.push('\n');
                entry.push_str(more);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// The process, and what it says.
fn apart(entry: &str) -> Option<(u32, &str)> {
    let (_, rest) = entry.split_once('[')?;
    let (pid, rest) = rest.split_once("] ")?;
    Some((pid.parse().ok()?, rest))
}

/// `0.150 ms  execute sqlx_s_2: SELECT …` or `0.010 ms  statement: BEGIN`; not what was only parsed or bound.
fn executed(said: &str) -> Option<&str> {
    let (_, what) = said.split_once(" ms  ")?;
    match what.strip_prefix("statement: ") {
        Some(sql) => Some(sql),
        None => what.strip_prefix("execute ")?.split_once(": ").map(|(_, sql)| sql),
    }
}

/// `$1 = 'it''s', $2 = NULL`.
fn values(said: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = said;
    while let Some((_, value)) = rest.split_once(" = ") {
        if let Some(behind) = value.strip_prefix("NULL") {
            values.push(None);
            rest = behind;
            continue;
        }
        let quoted = value.strip_prefix('\'').unwrap_or(value);
        let mut text = String::new();
        let mut characters = quoted.char_indices().peekable();
        let mut end = quoted.len();
        while let Some((place, character)) = characters.next() {
            if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
                end = place + 1;
                break;
            }
            text.push(character);
        }
        values.push(Some(text));
        rest = &quoted[end..];
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_with_their_values() {
        let log = "2026-11-24 07:33:50.130 UTC [7] LOG:  duration: 0.1 ms  parse sqlx_s_2: SELECT $1\n\
            2026-11-24 07:33:50.131 UTC [7] LOG:  duration: 0.2 ms  bind sqlx_s_2: SELECT $1\n\
            2026-11-24 07:33:50.131 UTC [7] DETAIL:  parameters: $1 = 'x'\n\
            2026-11-24 07:33:50.132 UTC [8] LOG:  duration: 0.010 ms  statement: BEGIN\n\
            2026-11-24 07:33:50.132 UTC [7] LOG:  duration: 0.150 ms  execute sqlx_s_2: SELECT $1,\n\
            \t$2, $3\n\
            2026-11-24 07:33:50.132 UTC [7] DETAIL:  parameters: $1 = 'it''s, $9 = ''q''', $2 = NULL, $3 = 'two\n\
            \tlines'\n\
            2026-11-24 07:33:50.700 UTC [22574] LOG:  checkpoint starting: wal\n";
        let begin = Statement { sql: "BEGIN".into(), values: vec![] };
        let select = Statement {
            sql: "SELECT $1,\n$2, $3".into(),
            values: vec![Some("it's, $9 = 'q'".into()), None, Some("two\nlines".into())],
        };
        assert_eq!(select.written(), "SELECT 'it''s, $9 = ''q''',\nNULL, 'two\nlines'");
        assert_eq!(statements(log), [(8, begin), (7, select)]);
    }

    #[test]
    fn an_address_is_made_loud_whether_it_has_options_or_not() {
        assert_eq!(loud("postgres://h/d"), format!("postgres://h/d?{LOUD}"));
        assert_eq!(loud("postgres://h/d?sslmode=require"), format!("postgres://h/d?sslmode=require&{LOUD}"));
    }
}
