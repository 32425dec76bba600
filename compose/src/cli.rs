//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use shared::{
    clock::Clock,
    config::{Faults, Sources},
    program,
};

use crate::{
    admin, check, launch, replay,
    services::{Configured, Service},
    settings::{ProcessSettings, sources},
    tail, verify,
};

/// Helpdesk: all six services in one process. Settings: helpdesk.toml and the environment, see `helpdesk config check`.
#[derive(Debug, Parser)]
#[command(name = "helpdesk", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT (the default)
    Serve {
        /// Only these services, on their own ports, as in `--only tickets,audit`
        #[arg(long, value_delimiter = ',', value_name = "SERVICES")]
        only: Vec<Service>,
    },
    /// Bring the databases up to date, and end
    Migrate {
        /// Only those of these services
        #[arg(long, value_delimiter = ',', value_name = "SERVICES")]
        only: Vec<Service>,
    },
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Administrators
    Admin {
        #[command(subcommand)]
        what: AdminCommand,
    },
    /// The audit trail, for whoever wants to be sure of it
    Audit {
        #[command(subcommand)]
        what: AuditCommand,
    },
    /// The events of the six services
    Events {
        #[command(subcommand)]
        what: EventsCommand,
    },
    /// Ask the helpdesk that runs here whether it is ready; exit code 0 says yes
    Healthcheck {
        /// Ask there instead, as in http://127.0.0.1:3003/ready
        #[arg(long)]
        url: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say everything that is wrong with it, or, when nothing is, where everything goes
    Check {
        /// Only that of these services
        #[arg(long, value_delimiter = ',', value_name = "SERVICES")]
        only: Vec<Service>,
    },
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make an administrator; without a file, the password is made and shown once
    Create {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// A file whose first line is the password; `-` reads it from the standard input
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Verify exports of the trail with the public key alone: exit code 0 when it is whole, 1 when not, 2 when nothing can be said
    Verify(verify::Arguments),
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    /// Print what happened, one line an event, from audit's database
    Tail(tail::Arguments),
    /// Let a durable consumer of the NATS stream begin again at an earlier place; a service's inbox drops what it has handled
    Replay(replay::Arguments),
}

/// The command line, as the man page shows it.
#[must_use]
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// The `main` of `helpdesk`.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command.unwrap_or(Command::Serve { only: Vec::new() })) {
        Ok(code) => code,
        Err(faults) => program::refuse(&faults),
    }
}

fn run(command: Command) -> Result<ExitCode, Faults> {
    let given = match &command {
        // For outsiders, who have no configuration.
        Command::Audit { what: AuditCommand::Verify(_) } => Sources::default(),
        _ => Sources::from_process_environment()?,
    };
    let read = |only: &[Service]| {
        let chosen = chosen(only);
        let sources = sources(given.clone(), &chosen);
        ProcessSettings::read(&sources, &chosen).map(|settings| (settings, sources))
    };
    Ok(match command {
        Command::Audit { what: AuditCommand::Verify(arguments) } => verify::run(&arguments),
        Command::Events { what: EventsCommand::Tail(arguments) } => {
            let config = audit::Config::read(&sources(given, &Service::ALL))?;
            ended(tail::run(&config, &arguments))
        }
        Command::Events { what: EventsCommand::Replay(arguments) } => {
            told(replay::run(&sources(given, &Service::ALL), &arguments)?)
        }
        Command::Serve { only } => {
            let (settings, sources) = read(&only)?;
            launch::launch(settings, sources)
        }
        Command::Migrate { only } => told(migrate(&read(&only)?.0)),
        Command::Config { what: ConfigCommand::Check { only } } => {
            print!("{}", check::report(&read(&only)?.0));
            ExitCode::SUCCESS
        }
        Command::Admin { what: AdminCommand::Create { email, password_file } } => {
            let sources = sources(given, &Service::ALL);
            told(admin::create(&auth::Config::read(&sources)?, &email, password_file.as_deref()))
        }
        Command::Healthcheck { url: Some(url) } => told(check::ask(&url)),
        Command::Healthcheck { url: None } => {
            told(program::health(&read(&[])?.0.common.http, "/ready").map(|()| "ready".to_owned()))
        }
    })
}

/// The services that were named, each once and in their order; all six when none was.
fn chosen(only: &[Service]) -> Vec<Service> {
    Service::ALL.into_iter().filter(|service| only.is_empty() || only.contains(service)).collect()
}

fn migrate(settings: &ProcessSettings) -> anyhow::Result<String> {
    program::prepare_data_dir(&settings.common)?;
    program::runtime()?.block_on(async {
        let mut told = Vec::new();
        for configured in &settings.services {
            let applied = Configured::migrate(configured, Clock::system()).await?;
            let what = if applied.is_empty() { "was up to date".to_owned() } else { applied.join(", ") };
            told.push(format!("{:<13} {what}", configured.service().name()));
        }
        Ok(told.join("\n"))
    })
}

/// The same for what has printed by itself what there was to say.
fn ended(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => told(Err(fault)),
    }
}

fn told(outcome: anyhow::Result<String>) -> ExitCode {
    match outcome {
        Ok(what) => {
            println!("{what}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("helpdesk: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn services_are_taken_once_and_in_their_order() {
        assert_eq!(chosen(&[]), Service::ALL);
        assert_eq!(
            chosen(&[Service::Audit, Service::Tickets, Service::Audit]),
            [Service::Tickets, Service::Audit]
        );
    }
}
