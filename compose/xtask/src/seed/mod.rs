//! `cargo xtask seed`: the tickets service's PostgreSQL database filled with what the program itself would have written; or, with
//! `--audit`, that of audit ([`audit`]).
//!
//! The tickets: all of it is SQL, made by the database from a plan (`sql/prepare.sql`, `sql/words.sql`) in chunks (`sql/chunk.sql`), two at
//! a time. Foreign keys and secondary indexes are dropped before and rebuilt after, from the database's own words.

pub mod audit;
mod check;
mod crew;
mod database;
mod indexes;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::command;
use crate::progress::{Bar, Progress, for_counting};
use crate::stop::Stop;

use crew::Job;
use database::Database;

const PREPARE: &str = include_str!("sql/prepare.sql");
const WORDS: &str = include_str!("sql/words.sql");
const CHUNK: &str = include_str!("sql/chunk.sql");

/// Tickets in one transaction: about a second's work, so the bar moves and little is lost to an interruption.
const CHUNK_SIZE: u64 = 2_000;

/// Tickets of the plan that are not there.
const MISSING: &str = "SELECT count(*) FROM helpdesk_seed.plan \
    LEFT JOIN tickets ON ticket_number = 'HD-' || lpad(i::text, greatest(6, length(i::text)), '0') WHERE id IS NULL";

/// What to seed, and where.
#[derive(Args)]
pub struct Wanted {
    /// How many tickets
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    tickets: u64,
    /// Not tickets: fill the database of audit with a trail of so many events (helpdesk_audit)
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000),
        conflicts_with_all = ["tickets", "comments", "agents", "append", "check", "finish"])]
    audit: Option<u64>,
    /// How many comments on them, to the comment; 0 to 40 on each, most on few [default: 5 a ticket]
    #[arg(long)]
    comments: Option<u64>,
    /// The database of the tickets service, as in postgres://user:password@host/helpdesk_tickets [default: DATABASE_URL]
    #[arg(long)]
    database: Option<String>,
    /// Among how many requesters; a few of them have most of the tickets, or do most of what is in the trail
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    users: u64,
    /// Among how many agents
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    agents: u64,
    /// The same seed, numbers and --until give the same rows (by the same major version of PostgreSQL)
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..1_000_000))]
    seed: u32,
    /// When the two years of tickets end, as in 2026-11-24T08:00:00Z [default: now]
    #[arg(long)]
    until: Option<String>,
    /// Also into a database that holds tickets already
    #[arg(long)]
    append: bool,
    /// The tables are up to date: do not build the service and run its `migrate` first
    #[arg(long)]
    no_migrate: bool,
    /// Only check a seeded database: counts, anti-joins, the invariants of every status
    #[arg(long, conflicts_with_all = ["append", "finish"])]
    check: bool,
    /// Only finish what an interrupted seeding left: rebuild the indexes and foreign keys that it dropped
    #[arg(long, conflicts_with = "append")]
    finish: bool,
}

/// Seeds, or checks, or finishes; every step is told, and what a failed one leaves.
pub fn run(wanted: &Wanted, stop: &Stop) -> anyhow::Result<ExitCode> {
    let database = Database::at(&address(wanted.database.as_deref())?)?;
    if let Some(events) = wanted.audit {
        return done(audit::run(wanted, events, &database, stop));
    }
    if wanted.check {
        return done(check::run(&database, &mut Progress::of(1), stop));
    }
    if wanted.finish {
        let mut progress = Progress::of(3);
        let outcome = finish(&database, &mut progress, stop)
            .inspect_err(|_| eprintln!("\n{}", indexes::LEFT))
            .and_then(|()| check::run(&database, &mut progress, stop));
        return done(outcome);
    }
    let mut progress = Progress::of(6 + usize::from(!wanted.no_migrate));
    let outcome = seed(wanted, &database, &mut progress, stop);
    done(outcome.and_then(|()| check::run(&database, &mut progress, stop)).map(|()| {
        progress.finish();
    }))
}

/// Fills a database whose tables are there and empty, without the checks.
///
/// # Errors
/// What the database complains of.
pub fn fill(address: &str, psql: &Path, tickets: u64, stop: &Stop) -> anyhow::Result<()> {
    let wanted = Wanted::plain(tickets);
    seed(&wanted, &Database::by(psql, address), &mut Progress::of(5), stop)
}

impl Wanted {
    /// So many tickets, and the rest as usual, where the tables are there.
    fn plain(tickets: u64) -> Self {
        Self {
            tickets,
            audit: None,
            comments: None,
            database: None,
            users: 20_000,
            agents: 60,
            seed: 1,
            until: None,
            append: false,
            no_migrate: true,
            check: false,
            finish: false,
        }
    }
}

fn done(outcome: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    outcome.map(|()| ExitCode::SUCCESS)
}

fn seed(wanted: &Wanted, database: &Database, progress: &mut Progress, stop: &Stop) -> anyhow::Result<()> {
    let Wanted { tickets, users, agents, seed, .. } = wanted;
    let comments = wanted.comments.unwrap_or(5 * tickets);
    if !wanted.no_migrate {
        progress.step("tables", || migrate(database, stop).map(|()| String::new()))?;
    }
    let mut variables = String::new();
    progress.step("room for them", || {
        refuse(wanted, database, stop)?;
        let until = database.time(wanted.until.as_deref(), stop)?;
        let base = database.last_number(stop)?;
        variables = [
            ("seed", seed.to_string()),
            ("until", until.to_string()),
            ("day", 86_400_000_000_u64.to_string()),
            ("tickets", tickets.to_string()),
            ("comments", comments.to_string()),
            ("users", users.to_string()),
            ("agents", agents.to_string()),
            ("base", base.to_string()),
        ]
        .map(|(name, value)| format!("\\set {name} {value}\n"))
        .concat();
        Ok(format!("numbers from {} on", base + 1))
    })?;
    progress.step("plan", || {
        database.script(&format!("DROP SCHEMA IF EXISTS helpdesk_seed CASCADE;\n{variables}{PREPARE}{WORDS}"), stop).context(
            "Only the schema helpdesk_seed was being made; the tickets are untouched, and the next seeding begins it anew",
        )?;
        Ok(String::new())
    })?;
    progress.step("tickets", || {
        database.script(&format!("{variables}{}", indexes::DROP), stop).context("Nothing was changed")?;
        let jobs = chunks(*tickets).into_iter().map(|(first, last)| Job {
            weight: last - first + 1,
            script: format!("\\set first :base + {first}\n\\set last :base + {last}\n{CHUNK}"),
        });
        let outcome = crew::work(database, &variables, jobs.collect(), |all| Bar::of(all, "tickets"), stop);
        let written =
            outcome.inspect_err(|_| eprintln!("\nEach ticket that is there is whole. {}", indexes::LEFT))?;
        let missing = database.query(MISSING, stop)?;
        anyhow::ensure!(missing == "0", "{missing} tickets of the plan were not made; {}", indexes::LEFT);
        Ok(format!("{} tickets, {} comments", for_counting(written), for_counting(comments)))
    })?;
    finish(database, progress, stop).inspect_err(|_| eprintln!("\nAll tickets are there. {}", indexes::LEFT))
}

/// Indexes, foreign keys, statistics; the workshop goes.
fn finish(database: &Database, progress: &mut Progress, stop: &Stop) -> anyhow::Result<()> {
    progress.step("indexes and foreign keys", || indexes::rebuild(database, stop))?;
    progress.step("statistics", || {
        let tables =
            indexes::TABLES.map(|table| Job { weight: 1, script: format!("VACUUM (ANALYZE) {table};\n") });
        crew::work(database, "", tables.into(), |all| Bar::of(all, "tables"), stop)?;
        database.script("DROP SCHEMA IF EXISTS helpdesk_seed CASCADE;", stop)?;
        database.query("SELECT pg_size_pretty(pg_database_size(current_database()))", stop)
    })
}

/// What the caller said, else what the environment says.
fn address(given: Option<&str>) -> anyhow::Result<String> {
    let said = given.map(str::to_owned).or_else(|| std::env::var("DATABASE_URL").ok()).unwrap_or_default();
    anyhow::ensure!(
        !said.is_empty(),
        "which database? Say --database postgres://user:password@host/helpdesk_tickets, or set DATABASE_URL. \
         `cargo xtask servers` starts a PostgreSQL to try it on"
    );
    anyhow::ensure!(
        said.starts_with("postgres://") || said.starts_with("postgresql://"),
        "the database must be a PostgreSQL, as in postgres://user:password@host/helpdesk_tickets"
    );
    Ok(said)
}

/// The service's own migrations, by its own binary.
fn migrate(database: &Database, stop: &Stop) -> anyhow::Result<()> {
    let mut cargo = command::cargo();
    cargo.args(["run", "--quiet", "--package", "tickets", "--bin", "helpdesk-tickets", "--", "migrate"]);
    command::show(cargo.env("DATABASE_URL", database.address()), stop)
        .context("the tables cannot be made; where they are there already, --no-migrate does without")
}

fn refuse(wanted: &Wanted, database: &Database, stop: &Stop) -> anyhow::Result<()> {
    let ready = database.query("SELECT to_regclass('ticket_search') IS NOT NULL", stop)?;
    anyhow::ensure!(
        ready == "t",
        "this database has not the tables of the tickets service (no ticket_search)"
    );
    let others = database.others(stop)?;
    anyhow::ensure!(others == 0, "another seeding is at work on this database");
    anyhow::ensure!(
        indexes::pending(database, stop)? == 0,
        "an interrupted seeding has left this database without some of its indexes: `cargo xtask seed --finish` first"
    );
    let holds = database.query("SELECT EXISTS (SELECT FROM tickets)", stop)?;
    anyhow::ensure!(
        holds == "f" || wanted.append,
        "this database holds tickets already: take an empty one, or say --append"
    );
    Ok(())
}

/// First and last of each chunk, counted from 1.
fn chunks(tickets: u64) -> Vec<(u64, u64)> {
    (0..tickets.div_ceil(CHUNK_SIZE))
        .map(|chunk| (chunk * CHUNK_SIZE + 1, ((chunk + 1) * CHUNK_SIZE).min(tickets)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_ticket_once() {
        assert_eq!(chunks(1), [(1, 1)]);
        assert_eq!(chunks(2_000), [(1, 2_000)]);
        assert_eq!(chunks(4_001), [(1, 2_000), (2_001, 4_000), (4_001, 4_001)]);
        let all: u64 = chunks(1_000_000).iter().map(|(first, last)| last - first + 1).sum();
        assert_eq!(all, 1_000_000);
    }

    #[test]
    fn only_a_postgresql_is_seeded() {
        assert!(address(Some("postgres://u@h/db")).is_ok());
        assert!(address(Some("postgresql://u@h/db")).is_ok());
        let fault = address(Some("sqlite://data/tickets.db")).unwrap_err().to_string();
        assert!(fault.contains("must be a PostgreSQL"), "{fault}");
    }
}
