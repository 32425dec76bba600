//! `cargo xtask bench`: the promises that are numbers, each beside its baseline in the same run.
//!
//! A release build on private servers. A ratio against a baseline survives a noisy machine, a bare number does not.

mod house;
mod load;
mod measures;
mod pgbench;
mod table;

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
}

type Measure = fn(&mut House, Effort, &mut Table, &Stop) -> anyhow::Result<()>;

/// All measurements, by the name that `--only` takes.
pub const MEASURES: [(&str, Measure); 4] = [
    ("memory", measures::memory),
    ("tickets", measures::tickets),
    ("drain", measures::drain),
    ("lag", measures::lag),
];

/// Builds, measures, prints the table. `quick` is for looking whether the benchmark itself works.
pub fn run(quick: bool, only: &[String], stop: &Stop) -> anyhow::Result<ExitCode> {
    let effort = if quick {
        Effort { time: Duration::from_secs(2), rounds: 1, events: 20_000 }
    } else {
        Effort { time: Duration::from_secs(8), rounds: 3, events: 200_000 }
    };
    eprintln!("Building the release …");
    let mut build = command::cargo();
    build.args(["build", "--release", "--workspace", "--bins", "--exclude", "xtask"]);
    command::show(&mut build, stop)?;
    let wanted = servers::wanted();
    let tools = install::all(wanted, stop)?;
    let servers = Servers::start(wanted, &tools, stop)?;
    let mut table = Table::default();
    let mut house = House::new(&servers)?;
    for (name, measure) in MEASURES {
        if only.is_empty() || only.iter().any(|wanted| wanted == name) {
            measure(&mut house, effort, &mut table, stop)?;
        }
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}
