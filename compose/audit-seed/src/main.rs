//! The program around [`audit_seed`].

use std::io::{BufWriter, Write, stdout};

use anyhow::Context;
use audit_seed::{World, write_trail};
use chrono::TimeDelta;
use clap::{Parser, Subcommand};
use shared::{
    clock::{Clock, Timestamp},
    config::Secret,
};

#[derive(Parser)]
#[command(about = "What a house of some years has told, made up")]
struct Arguments {
    #[command(subcommand)]
    form: Form,
    /// How many events
    #[arg(long, global = true, default_value_t = 20_000)]
    count: u64,
    /// Among how many people, besides the agents
    #[arg(long, global = true, default_value_t = 20_000)]
    people: u64,
    /// The same seed and --until give the same events
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// When the last of them happens [default: now]
    #[arg(long, global = true)]
    until: Option<Timestamp>,
}

#[derive(Subcommand)]
enum Form {
    /// One event a line: id, subject, envelope
    Events {
        /// So many of them a second
        #[arg(long, default_value_t = 50)]
        rate: u32,
    },
    /// A script for psql that fills the empty tables of audit
    Trail {
        /// Of how many months
        #[arg(long, default_value_t = 24)]
        months: u32,
        /// What the key that signs the trail follows from
        #[arg(long, env = "AUDIT_SECRET", hide_env_values = true)]
        secret: String,
    },
}

fn main() -> anyhow::Result<()> {
    let Arguments { form, count, people, seed, until } = Arguments::parse();
    let until = until.unwrap_or_else(|| Clock::system().now());
    let mut world = World::new(seed, people);
    let mut to = BufWriter::with_capacity(1 << 20, stdout().lock());
    match form {
        Form::Events { rate } => {
            let each = TimeDelta::seconds(1) / i32::try_from(rate.max(1)).context("--rate is too high")?;
            for number in (0..i64::try_from(count)?).rev() {
                let behind = each.num_microseconds().unwrap_or(0).saturating_mul(number);
                let event = world.happen(until - TimeDelta::microseconds(behind));
                writeln!(to, "{} {} {}", event.event_id, event.subject(), serde_json::to_string(&event)?)?;
            }
            Ok(to.flush()?)
        }
        Form::Trail { months, secret } => {
            write_trail(&mut world, &Secret::new(secret), count, months, until, &mut to)
        }
    }
}
