use std::net::TcpListener;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use sea_orm_migration::MigratorTrait;

use super::{Inherited, complain, health, inform, log_panics, prepare_data_dir, refuse, run, runtime};
use crate::clock::Clock;
use crate::config::{Common, EventBus, Faults, Sources};
use crate::db::Db;
use crate::migrate;
use crate::process::Process;

/// One service of Helpdesk. Settings: helpdesk.toml and the environment.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT (the default)
    Serve,
    /// Bring the database up to date, and end
    Migrate,
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Ask the service that runs here whether it is well; exit code 0 says yes
    Healthcheck {
        /// Ask whether it is ready for requests, not only whether it lives
        #[arg(long)]
        ready: bool,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say everything that is wrong with it
    Check,
}

/// The command line of a service's own binary, as its man page shows it.
#[must_use]
pub fn command_line(name: &'static str) -> clap::Command {
    let binary = format!("helpdesk-{name}");
    Arguments::command().name(name).bin_name(&binary).display_name(&binary)
}

/// The `main` of a service's own small binary: `serve` (the default), `migrate`, `config check`, `healthcheck`.
pub fn main<M, C, R>(name: &'static str, read: fn(&Sources) -> Result<C, Faults>, serve: R) -> ExitCode
where
    M: MigratorTrait,
    C: AsRef<Common>,
    R: AsyncFnOnce(C, TcpListener, &Process) -> anyhow::Result<()>,
{
    let matches = command_line(name).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|fault| fault.exit());
    let config = match Sources::from_process_environment().and_then(|sources| read(&sources)) {
        Ok(config) => config,
        Err(faults) => return refuse(&faults),
    };
    let common = config.as_ref().clone();
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => run(&common.telemetry, common.http.drain, async |process: &Process| {
            log_panics();
            prepare_data_dir(&common)?;
            let mut inherited = Inherited::take()?;
            let listener = inherited.bind(&common.http, name)?;
            inherited.all_taken()?;
            announce(&common, &listener);
            inform(process, vec![listener.local_addr()?]);
            serve(config, listener, process).await
        }),
        Command::Migrate => told(name, bring_up_to_date::<M>(&common)),
        Command::Config { what: ConfigCommand::Check } => {
            println!("{name}: the configuration is good");
            println!("  database  {}", common.database.redacted());
            println!("  events    {}", events(&common));
            println!("  cache     {}", common.cache.redacted());
            ExitCode::SUCCESS
        }
        Command::Healthcheck { ready } => {
            let path = if ready { "/ready" } else { "/health" };
            told(name, health(&common.http, path).map(|()| "well".to_owned()))
        }
    }
}

fn announce(common: &Common, listener: &TcpListener) {
    let address = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
    let (database, cache) = (common.database.redacted(), common.cache.redacted());
    tracing::info!(address, database, events = events(common), cache, "starting {}", common.service);
    if common.events.bus == EventBus::Local {
        tracing::warn!(
            "EVENTS is local and only {} runs here: its events wait in its database",
            common.service
        );
    }
}

fn events(common: &Common) -> String {
    match common.events.bus {
        EventBus::Local => "local".to_owned(),
        EventBus::JetStream => common.events.redacted(),
    }
}

fn bring_up_to_date<M: MigratorTrait>(common: &Common) -> anyhow::Result<String> {
    prepare_data_dir(common)?;
    runtime()?.block_on(async {
        let db = Db::open(&common.database, Clock::system()).await?;
        let applied = migrate::up::<M>(&db).await?;
        db.close().await;
        Ok(match applied.as_slice() {
            [] => "the database was up to date".to_owned(),
            applied => format!("applied {}", applied.join(", ")),
        })
    })
}

fn told(name: &str, outcome: anyhow::Result<String>) -> ExitCode {
    match outcome {
        Ok(what) => {
            println!("{name}: {what}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            complain(name, &fault);
            ExitCode::FAILURE
        }
    }
}
