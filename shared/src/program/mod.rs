//! The operating-system process around a service, or around all six: runtime, signals, ports, stop, exit code.

mod command;
mod memory;
mod ports;
mod supervisor;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::Clock;
use crate::config::{Common, Environment, Faults, TelemetryConfig};
use crate::process::{Lifecycle, Process};
use crate::telemetry;

pub use command::{command_line, main};
pub use ports::{bind, health};
pub use supervisor::{Inherited, inform, is_inherited, on_this_machine};

/// The exit code for a configuration that cannot be used (EX_CONFIG of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// Threads for the background tasks. HTTP has its own, one runtime each.
const THREADS: usize = 2;

/// Runs a process from its start to its end: telemetry, a runtime, signals, then `body`, which is to serve until
/// [`Lifecycle::stopping`]; then lets the background tasks finish. All of the stop takes at most `drain`, then it is by
/// force. Anything but an orderly stop is a failure, told in a sentence.
pub fn run(
    telemetry: &TelemetryConfig,
    drain: Duration,
    body: impl AsyncFnOnce(&Process) -> anyhow::Result<()>,
) -> ExitCode {
    let name = telemetry.service;
    memory::share_arenas();
    let outcome = (|| {
        let _telemetry = telemetry::init(telemetry)?;
        let runtime = runtime()?;
        let outcome = runtime.block_on(live(drain, body));
        // What still blocks a thread here has been named; it is not waited for.
        runtime.shutdown_background();
        outcome
    })();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            complain(name, &fault);
            ExitCode::FAILURE
        }
    }
}

async fn live(drain: Duration, body: impl AsyncFnOnce(&Process) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let process = Process::new(Clock::system());
    let lifecycle = &process.lifecycle;
    stop_on_signals(lifecycle)?;
    telemetry::upkeep(&process);
    memory::upkeep(lifecycle);
    let began = Cell::new(None);
    let overdue = async {
        lifecycle.stopping().cancelled().await;
        began.set(Some(Instant::now()));
        tokio::time::sleep(drain).await;
    };
    let served = tokio::select! {
        biased;
        () = overdue => Err(anyhow::anyhow!("requests were still being answered {drain:?} after the stop; they were cut off")),
        served = body(&process) => served,
    };
    let left = drain.saturating_sub(began.get().map_or(Duration::ZERO, |began| began.elapsed()));
    let finished = lifecycle.finish(left.max(Duration::from_millis(100))).await;
    if served.is_ok() && finished.is_ok() {
        tracing::info!("stopped");
    }
    served.and(finished)
}

/// A runtime for background tasks.
///
/// # Errors
/// When the system grants no threads.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(THREADS).enable_all().build().context("no runtime: the system grants no threads")
}

/// Begins the stop on SIGTERM or SIGINT; a second one ends the process at once. One handler serves all six services.
///
/// # Errors
/// When the system refuses the handler.
pub fn stop_on_signals(lifecycle: &Lifecycle) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
    let (halting, stop) = (lifecycle.halting(), lifecycle.clone());
    lifecycle.spawn("signals", async move {
        loop {
            tokio::select! {
                () = halting.cancelled() => return Ok(()),
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.stopping().is_cancelled() {
                eprintln!("stopped at once, as asked twice");
                std::process::exit(1);
            }
            tracing::info!("stopping: requests and messages in hand are finished first");
            stop.begin_stop();
        }
    });
    Ok(())
}

/// Makes the folder for everything embedded, and makes sure that it can be written to. Production embeds nothing.
///
/// # Errors
/// In a sentence, naming the folder and the key.
pub fn prepare_data_dir(common: &Common) -> anyhow::Result<()> {
    if common.environment == Environment::Production {
        return Ok(());
    }
    let folder = &common.data_dir;
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    // For its owner only, where it is made here: there are password hashes and private mail in it.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe))
        .with_context(|| {
            format!("the data folder {} cannot be written to (HELPDESK_DATA_DIR)", folder.display())
        })
}

/// Says on stderr, once, whose fault it is and what.
fn complain(name: &str, fault: &anyhow::Error) {
    let text = format!("{fault:#}");
    if text.starts_with(name) { eprintln!("{text}") } else { eprintln!("{name}: {text}") }
}

/// Prints what is wrong with a configuration, one fault a line, and gives the exit code for it.
pub fn refuse(faults: &Faults) -> ExitCode {
    eprintln!("{faults}");
    ExitCode::from(EXIT_CONFIG)
}

/// Makes a panic one line of the log like any other fault. For `main`, since it holds for the whole process.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("(it left no message)");
        tracing::error!(place, "panicked: {what}");
    }));
}
