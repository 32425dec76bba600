//! `cargo xtask bench`: the promises that are numbers, each beside its baseline in the same run.
//!
//! A release build on private servers. A ratio against a baseline survives a noisy machine, a bare number does not.

mod asking;
mod audit_desk;
mod bucket;
mod desk;
mod files;
mod house;
mod load;
mod mails;
mod measures;
mod nats;
mod people;
mod pgbench;
mod recorder;
mod smtp;
mod streams;
mod table;
mod trail;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use crate::command;
use crate::install;
use crate::servers::{self, Servers};
use crate::stop::Stop;

use house::House;
use table::Table;

/// How long each measurement runs, and how often it takes turns with its baseline.
#[derive(Clone, Copy)]
pub struct Effort {
    pub time: Duration,
    pub rounds: usize,
    pub events: u64,
    /// How many tickets are on the desk that is measured, where none is named.
    pub tickets: u64,
    /// How many files each client brings in a round, of which five go on a ticket.
    pub files: usize,
    /// How many mails wait in a round.
    pub mails: usize,
    /// How many follow their notifications at the same time.
    pub streams: usize,
    /// How many events flow through audit while its memory is looked at.
    pub flow: u64,
    /// How many events are in the trail that is asked, where none is named.
    pub trail: u64,
}

type Measure = fn(&mut House, Effort, &mut Table, &Stop) -> anyhow::Result<()>;

const ALL: &[&str] = &["", "-auth", "-users", "-tickets", "-files", "-notifications", "-audit"];
const TWO: &[&str] = &["-auth", "-tickets"];
const THREE: &[&str] = &["-auth", "-tickets", "-audit"];
const FILES: &[&str] = &["-auth", "-tickets", "-files"];
const NOTIFICATIONS: &[&str] = &["-auth", "-notifications"];
const AUDIT: &[&str] = &["-auth", "-audit", "-audit-seed"];

/// All measurements, by the name that `--only` takes, with the programs (`helpdesk…`) that each needs.
pub const MEASURES: [(&str, Measure, &[&str]); 11] = [
    ("memory", measures::memory, ALL),
    ("tickets", measures::tickets, TWO),
    ("drain", measures::drain, TWO),
    ("lag", measures::lag, THREE),
    ("files", files::measure, FILES),
    ("mails", mails::measure, NOTIFICATIONS),
    ("desk", desk::measure, TWO),
    ("streams", streams::measure, NOTIFICATIONS),
    ("trail", trail::measure, AUDIT),
    ("trail-memory", trail::memory, AUDIT),
    ("audit-desk", audit_desk::measure, AUDIT),
];

/// Builds, measures, prints the table. `quick` is for looking whether the benchmark itself works.
/// `profile` is the one of cargo with which the programs are built.
/// `seeded` names databases that are seeded already, each with its service, which spares the seeding.
pub fn run(
    quick: bool,
    profile: &str,
    only: &[String],
    seeded: Vec<(&'static str, String)>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let effort = if quick {
        Effort {
            time: Duration::from_secs(2),
            rounds: 1,
            events: 20_000,
            tickets: 20_000,
            files: 5,
            mails: 200,
            streams: 500,
            flow: 30_000,
            trail: 100_000,
        }
    } else {
        Effort {
            time: Duration::from_secs(8),
            rounds: 3,
            events: 200_000,
            tickets: 1_000_000,
            files: 10,
            mails: 2_000,
            streams: 5_000,
            flow: 1_000_000,
            trail: 10_000_000,
        }
    };
    let chosen = MEASURES.iter().filter(|(name, ..)| only.is_empty() || only.iter().any(|it| it == name));
    let programs: BTreeSet<&str> =
        chosen.clone().flat_map(|(_, _, programs)| programs.iter().copied()).collect();
    let programs = command::build(profile, programs, stop)?;
    let wanted = servers::wanted();
    let tools = install::all(wanted, stop)?;
    let servers = Servers::start(wanted, &tools, stop)?;
    let mut table = Table::default();
    let mut house = House::new(&servers, programs, seeded)?;
    let mut measured = Ok(());
    for (_, measure, _) in chosen {
        measured = measured.and_then(|()| measure(&mut house, effort, &mut table, stop));
    }
    // Also when one failed: the others took their time.
    table.print();
    measured.map(|()| ExitCode::SUCCESS)
}
