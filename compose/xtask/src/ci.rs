//! `cargo xtask ci`: everything that a change must pass, one step after the other, all of them even when one fails.

use std::process::ExitCode;

use crate::command;
use crate::deny;
use crate::generate;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::test::{self, Suite};

const CHECKS: usize = 5;

/// Runs all steps and shows the table.
pub fn run(stop: &Stop) -> anyhow::Result<ExitCode> {
    let suite = Suite { embedded: true, real: true, cargo: Vec::new() };
    let mut progress = Progress::of(CHECKS + suite.steps());
    let mut step = |name: &str, work: &dyn Fn() -> anyhow::Result<String>| {
        // A failure is in the table; the other steps are worth knowing all the same.
        let _ = progress.step(name, work);
        stop.check()
    };
    step("format", &|| cargo(&["fmt", "--all", "--check"], stop))?;
    step("clippy", &|| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], stop))?;
    step("docs", &|| docs(stop))?;
    step("dependencies (cargo-deny)", &|| deny::check(stop))?;
    step("generated files", &|| generate::all(true, stop))?;
    test::run(&suite, &mut progress, stop)
}

fn cargo(words: &[&str], stop: &Stop) -> anyhow::Result<String> {
    command::show(command::cargo().args(words), stop)?;
    Ok(String::new())
}

fn docs(stop: &Stop) -> anyhow::Result<String> {
    let mut cargo = command::cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--no-deps", "--workspace"]);
    command::show(&mut cargo, stop)?;
    Ok(String::new())
}
