//! `cargo xtask ci`: everything that a change must pass, one step after the other, all of them even when one fails.

use std::process::ExitCode;

use crate::command;
use crate::containers;
use crate::deb;
use crate::deny;
use crate::generate;
use crate::kubernetes;
use crate::monitoring;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::test::{self, Suite};
use crate::units;
use crate::workflows;

/// The checks before the tests, by the name that `--only` takes.
const CHECKS: [(&str, Check); 11] = [
    ("format", |stop| cargo(&["fmt", "--all", "--check"], stop)),
    ("clippy", |stop| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], stop)),
    ("docs", docs),
    ("dependencies", deny::check),
    ("containers", containers::check),
    ("kubernetes", kubernetes::check),
    ("workflows", workflows::check),
    ("units", units::check),
    ("monitoring", monitoring::check),
    ("generated", |stop| generate::all(true, stop)),
    ("package", deb::check),
];

type Check = fn(&Stop) -> anyhow::Result<String>;

/// Runs all checks and the tests, or only some of the checks, and shows the table.
pub fn run(only: &[String], stop: &Stop) -> anyhow::Result<ExitCode> {
    let unknown = only.iter().find(|name| CHECKS.iter().all(|(known, _)| known != name));
    let names = CHECKS.map(|(name, _)| name).join(", ");
    anyhow::ensure!(
        unknown.is_none(),
        "there is no check {:?}; there are: {names}",
        unknown.map_or("", |it| it)
    );
    let checks: Vec<_> =
        CHECKS.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|it| it == name)).collect();
    let whole = only.is_empty();
    let mut suite = Suite { embedded: whole, real: whole, cargo: Vec::new(), package: None, manifests: None };
    let mut progress = Progress::of(checks.len() + suite.steps());
    for (name, check) in checks {
        // A failure is in the table; the other steps are worth knowing all the same.
        let passed = progress.step(name, || check(stop)).is_ok();
        if *name == "package" && passed {
            suite.package = Some(deb::tested());
        }
        if *name == "kubernetes" && passed {
            suite.manifests = Some(kubernetes::built());
        }
        stop.check()?;
    }
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
