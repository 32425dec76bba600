#![doc = include_str!("../README.md")]
// Configuration of the services goes through `shared::config`. This is a developer's tool: it hands an environment to the
// programs it starts and never serves a request.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::progress::Progress;
use crate::stop::Stop;

mod bench;
mod ci;
mod command;
mod containers;
mod deb;
mod deny;
mod generate;
mod generated;
mod helpdesk;
mod install;
mod kubernetes;
mod monitoring;
mod place;
mod postman;
mod progress;
mod seed;
mod servers;
mod stop;
mod test;
mod units;
mod workflows;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The commands of this project")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the tests on the embedded backends, then on private PostgreSQL, NATS, Redis, SMTP and S3 servers
    Test {
        /// Only on the embedded backends; needs nothing installed
        #[arg(long, conflicts_with = "real_only")]
        embedded_only: bool,
        /// Only on the real servers
        #[arg(long)]
        real_only: bool,
        /// The collections of `compose/postman` instead, against a helpdesk of their own or against the one at this address
        #[arg(long, value_name = "URL", conflicts_with_all = ["embedded_only", "real_only", "cargo"])]
        postman: Option<Option<String>>,
        /// Requests made up by the OpenAPI document instead, 10,000 a service, of which none may be answered with a 5xx; against
        /// a helpdesk of their own or against the one at this address, which they fill with rubbish
        #[arg(long, value_name = "URL", conflicts_with_all = ["embedded_only", "real_only", "postman", "cargo"])]
        generated: Option<Option<String>>,
        /// Only this service; may be given several times
        #[arg(long, requires = "generated", value_parser = generated::SERVICES.map(|(name, _)| name))]
        service: Vec<String>,
        /// What the requests are made from: the same number, the same requests
        #[arg(long, requires = "generated", default_value_t = 1)]
        seed: u64,
        /// What follows `--` goes to `cargo test`, as in `cargo xtask test -- -p tickets opens`
        #[arg(last = true)]
        cargo: Vec<String>,
    },
    /// Starts the private servers, prints their addresses as exports and keeps them until Ctrl-C
    Servers {
        /// Run the command after `--` with those addresses in its environment instead, then stop the servers
        #[arg(long, requires = "command")]
        run: bool,
        /// The command for `--run`
        #[arg(last = true, requires = "run")]
        command: Vec<String>,
    },
    /// Measures what the project promises in numbers, each beside its baseline; the programs as they are shipped, on private servers
    Bench {
        /// Short runs, to see that the benchmark itself works
        #[arg(long)]
        quick: bool,
        /// The programs built with this profile of cargo; `release` is built in a third of the time and a little slower
        #[arg(long, default_value = "shipped", value_parser = ["shipped", "release"])]
        profile: String,
        /// Only these: memory, tickets, drain, lag, files, mails, streams, desk, trail, trail-memory, audit-desk
        #[arg(long, value_parser = bench::MEASURES.map(|(name, ..)| name))]
        only: Vec<String>,
        /// For `desk`: a database of the tickets service that `seed` has filled, instead of seeding one anew. It must be on a
        /// PostgreSQL that `cargo xtask servers` has started; name its servers in the environment, as that command says
        #[arg(long, value_name = "URL")]
        desk_database: Option<String>,
        /// The same for `audit-desk`: a database of audit that `seed --audit` has filled
        #[arg(long, value_name = "URL")]
        audit_database: Option<String>,
    },
    /// Fills the PostgreSQL database of the tickets service with tickets, comments and their history, or that of audit with a
    /// trail, and checks them
    Seed(seed::Wanted),
    /// Builds the Debian package, `target/debian/helpdesk-<profile>.deb`
    Deb {
        /// With this profile of cargo; `shipped` is what is to be installed, and takes many minutes
        #[arg(long, default_value = "shipped")]
        profile: String,
    },
    /// Everything a change must pass: format, lints, docs, dependencies, generated files, tests
    Ci {
        /// Only this check; may be given several times
        #[arg(long)]
        only: Vec<String>,
    },
    /// Writes the generated files anew
    Generate {
        /// Write nothing, fail when a file is not what would be written
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome =
        Stop::listen().and_then(|stop| run(arguments.command, &stop).map_err(|fault| stop.explain(fault)));
    match outcome {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("\nerror: {fault:#}");
            if fault.is::<stop::Interrupted>() { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: Command, stop: &Stop) -> anyhow::Result<ExitCode> {
    match command {
        Command::Test { postman: Some(origin), .. } => postman::run(origin, stop),
        Command::Test { generated: Some(origin), service, seed, .. } => {
            generated::run(&generated::Wanted { origin, services: service, seed }, stop)
        }
        Command::Test { embedded_only, real_only, cargo, .. } => {
            let suite = test::Suite {
                embedded: !real_only,
                real: !embedded_only,
                cargo,
                package: None,
                manifests: None,
            };
            test::run(&suite, &mut Progress::of(suite.steps()), stop)
        }
        Command::Servers { command, .. } if command.is_empty() => servers::keep(stop),
        Command::Servers { command, .. } => servers::run(&command, stop),
        Command::Bench { quick, profile, only, desk_database, audit_database } => {
            let named = [("tickets", desk_database), ("audit", audit_database)];
            let seeded = named.into_iter().filter_map(|(whose, address)| Some((whose, address?))).collect();
            bench::run(quick, &profile, &only, seeded, stop)
        }
        Command::Seed(wanted) => seed::run(&wanted, stop),
        Command::Deb { profile } => {
            println!("{}", deb::build(&profile, stop)?.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Ci { only } => ci::run(&only, stop),
        Command::Generate { check } => generate::run(check, stop).map(|()| ExitCode::SUCCESS),
    }
}
