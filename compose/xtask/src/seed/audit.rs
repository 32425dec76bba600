//! The database of audit filled with a trail of two years.
//!
//! `helpdesk-audit-seed` makes it by audit's own domain and writes a script for psql, which reads it from a pipe. The indexes of
//! the trail are dropped before and rebuilt after, from the database's own words.

use std::path::Path;
use std::process::Command;

use anyhow::Context;

use super::crew::{self, Job};
use super::database::Database;
use super::{Wanted, check, indexes};
use crate::command;
use crate::progress::{Bar, Progress, for_counting};
use crate::stop::Stop;

const DROP: &str = include_str!("sql/audit_drop.sql");
const FINISH: &str = include_str!("sql/audit_finish.sql");
const CHECKS: &str = include_str!("sql/audit_check.sql");
const TABLES: [&str; 6] = ["trail", "metrics", "person_keys", "checkpoints", "arrivals", "inbox"];
const LEFT: &str = "This database is of no use now: drop it and begin again with a new one.";

/// What audit's setting is called.
pub const SECRET_NAME: &str = "AUDIT_SECRET";
/// What the key of a made-up trail follows from, unless the environment says something else.
const SECRET: &str = "of made-up trails, known to everybody";

/// The secret that the trail is signed with.
pub fn secret() -> String {
    std::env::var(SECRET_NAME).unwrap_or_else(|_| SECRET.to_owned())
}

/// Seeds audit and checks what came of it.
///
/// # Errors
/// What the database complains of, and the rules that are broken.
pub fn run(wanted: &Wanted, events: u64, database: &Database, stop: &Stop) -> anyhow::Result<()> {
    let mut progress = Progress::of(6 + usize::from(!wanted.no_migrate));
    let programs = command::build("release", ["-audit", "-audit-seed"], stop)?;
    if !wanted.no_migrate {
        progress.step("tables", || {
            let mut audit = Command::new(programs.join("helpdesk-audit"));
            command::quiet(audit.env("DATABASE_URL", database.address()).arg("migrate"), stop)?;
            Ok(String::new())
        })?;
    }
    seed(wanted, events, database, &programs, &mut progress, stop)?;
    check::run_all(
        CHECKS,
        &SIZES.replace("TABLES", &TABLES.map(|it| format!("'{it}'")).join(", ")),
        database,
        &mut progress,
        stop,
    )?;
    progress.finish();
    Ok(())
}

/// Fills a database of audit whose tables are there and empty, without the checks, by the programs in a folder.
///
/// # Errors
/// What the database complains of.
pub fn fill(address: &str, psql: &Path, programs: &Path, events: u64, stop: &Stop) -> anyhow::Result<()> {
    seed(&Wanted::plain(0), events, &Database::by(psql, address), programs, &mut Progress::of(5), stop)
}

fn seed(
    wanted: &Wanted,
    events: u64,
    database: &Database,
    programs: &Path,
    progress: &mut Progress,
    stop: &Stop,
) -> anyhow::Result<()> {
    progress.step("room for them", || {
        let ready = database.query("SELECT to_regproc('make_trail_partition') IS NOT NULL", stop)?;
        anyhow::ensure!(ready == "t", "this database has not the tables of audit (no make_trail_partition)");
        let empty = "SELECT NOT EXISTS (SELECT FROM trail) AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = \
            'trail'::regclass) AND NOT EXISTS (SELECT FROM trail_head)";
        let empty = database.query(empty, stop)?;
        anyhow::ensure!(empty == "t", "audit has worked on this database already: take a new one");
        database.script(DROP, stop).context("Nothing was changed")?;
        Ok(String::new())
    })?;
    let filled = progress.step("trail", || {
        let mut maker = Command::new(programs.join("helpdesk-audit-seed"));
        maker.env(SECRET_NAME, secret()).arg("trail").args(["--count", &events.to_string()]);
        maker.args(["--people", &wanted.users.to_string(), "--seed", &wanted.seed.to_string()]);
        maker.args(wanted.until.iter().flat_map(|until| ["--until", until]));
        let mut bar = Bar::of(events, "events");
        let mut written = 0;
        database.pipe(&mut maker, stop, |line| {
            let now = line.trim().parse().unwrap_or(written);
            bar.add(now - written);
            written = now;
        })?;
        bar.end();
        anyhow::ensure!(written == events, "{written} events were written instead of {events}");
        Ok(format!("{} events", for_counting(events)))
    });
    let finished = filled.and_then(|()| {
        progress.step("indexes", || indexes::rebuild(database, stop))?;
        progress.step("inbox", || database.script(FINISH, stop).map(|()| String::new()))?;
        progress.step("statistics", || {
            let tables =
                TABLES.map(|table| Job { weight: 1, script: format!("VACUUM (ANALYZE) {table};\n") });
            crew::work(database, "", tables.into(), |all| Bar::of(all, "tables"), stop)?;
            database.script("DROP SCHEMA helpdesk_seed CASCADE;", stop)?;
            database.query("SELECT pg_size_pretty(pg_database_size(current_database()))", stop)
        })
    });
    finished.inspect_err(|_| eprintln!("\n{LEFT}"))
}

const SIZES: &str = "
SELECT format('  %-12s %12s rows  table %9s  indexes %9s', root, to_char(sum(reltuples), 'FM999,999,990'),
    pg_size_pretty(sum(pg_table_size(oid))), pg_size_pretty(sum(pg_indexes_size(oid))))
FROM (SELECT oid, reltuples, coalesce((SELECT inhparent FROM pg_inherits WHERE inhrelid = oid), oid)::regclass::text AS root
      FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace) AS it
WHERE root IN (TABLES)
GROUP BY root ORDER BY sum(pg_total_relation_size(oid)) DESC";
