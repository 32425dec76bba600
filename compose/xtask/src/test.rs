//! `cargo xtask test`: the suite on the embedded backends, and again on real servers.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::command::{self, Counts};
use crate::install;
use crate::progress::Progress;
use crate::servers::{self, Servers};
use crate::stop::Stop;

/// What to run.
pub struct Suite {
    pub embedded: bool,
    pub real: bool,
    /// Arguments for `cargo test`; without a package among them, all are tested.
    pub cargo: Vec<String>,
    /// The Debian package, where one was built to be tested.
    pub package: Option<PathBuf>,
    /// The folder of what is for Kubernetes, where it was built to be tested.
    pub manifests: Option<PathBuf>,
}

impl Suite {
    /// How many steps of progress it takes.
    pub fn steps(&self) -> usize {
        usize::from(self.embedded) + 3 * usize::from(self.real)
    }
}

/// Runs it and shows the table.
pub fn run(suite: &Suite, progress: &mut Progress, stop: &Stop) -> anyhow::Result<ExitCode> {
    steps(suite, progress, stop)?;
    Ok(if progress.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Its steps. A failed one is noted in the progress and the rest goes on; an error is an interruption.
pub fn steps(suite: &Suite, progress: &mut Progress, stop: &Stop) -> anyhow::Result<()> {
    let wanted = servers::wanted();
    let mut tools = None;
    if suite.real {
        let _ = progress.step("what the tests need", || {
            let found = install::all(wanted, stop)?;
            let said = found.in_words();
            tools = Some(found);
            Ok(said)
        });
        stop.check()?;
    }
    if suite.embedded {
        let _ = progress.step("tests on the embedded backends", || tests(suite, &[], stop));
        stop.check()?;
    }
    let Some(tools) = tools else { return Ok(()) };
    let mut running = None;
    let started = progress.step("private servers", || {
        let servers = Servers::start(wanted, &tools, stop)?;
        let said = servers.in_words();
        running = Some(servers);
        Ok(said)
    });
    stop.check()?;
    if let (Ok(()), Some(mut servers)) = (started, running) {
        let _ = progress.step("tests on real servers", || {
            let environment = servers.environment.clone();
            let result = tests(suite, &environment, stop);
            // A server that died explains the failures better than they do.
            servers.check()?;
            result
        });
        stop.check()?;
    }
    Ok(())
}

fn tests(suite: &Suite, environment: &[(&'static str, String)], stop: &Stop) -> anyhow::Result<String> {
    let mut cargo = command::cargo();
    cargo.args(arguments(&suite.cargo));
    for variable in servers::VARIABLES {
        cargo.env_remove(variable);
    }
    let built = [("TEST_DEB", &suite.package), ("TEST_KUBERNETES", &suite.manifests)];
    for (variable, _) in built {
        cargo.env_remove(variable);
    }
    cargo.envs(environment.iter().cloned());
    cargo.envs(built.into_iter().filter_map(|(variable, path)| Some((variable, path.as_ref()?))));
    let (counts, content) = command::tests(&mut cargo, stop)?;
    judge(counts, content)
}

fn arguments(given: &[String]) -> Vec<String> {
    let for_cargo = given.split(|word| word == "--").next().unwrap_or_default();
    let has = |names: &[&str]| {
        for_cargo
            .iter()
            .any(|word| names.iter().any(|name| word == name || word.starts_with(&format!("{name}="))))
    };
    let mut all = vec!["test".to_owned()];
    if !has(&["-p", "--package", "--workspace", "--all", "--manifest-path"])
        && !for_cargo.iter().any(|word| word.starts_with("-p") && word.len() > 2)
    {
        all.push("--workspace".to_owned());
    }
    if !has(&["--no-fail-fast"]) {
        all.push("--no-fail-fast".to_owned());
    }
    all.extend(given.iter().cloned());
    all
}

fn judge(counts: Counts, content: bool) -> anyhow::Result<String> {
    let Counts { passed, failed, ignored } = counts;
    let mut words = format!("{passed} passed, {failed} failed");
    if ignored > 0 {
        words.push_str(&format!(", {ignored} ignored"));
    }
    anyhow::ensure!(failed == 0, words);
    anyhow::ensure!(
        content,
        "{words}; but `cargo test` failed: something did not compile, or a test's process died"
    );
    anyhow::ensure!(passed > 0, "no test ran");
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn everything_is_tested_unless_a_package_is_named() {
        assert_eq!(arguments(&[]), words("test --workspace --no-fail-fast"));
        assert_eq!(
            arguments(&words("opens -- --nocapture")),
            words("test --workspace --no-fail-fast opens -- --nocapture")
        );
        assert_eq!(arguments(&words("-p tickets opens")), words("test --no-fail-fast -p tickets opens"));
        assert_eq!(arguments(&words("-- -p")), words("test --workspace --no-fail-fast -- -p"));
        assert_eq!(arguments(&words("--package=tickets")), words("test --no-fail-fast --package=tickets"));
    }

    #[test]
    fn only_tests_that_ran_and_passed_are_a_success() {
        let counts = |passed, failed| Counts { passed, failed, ignored: 0 };
        assert!(judge(counts(3, 0), true).is_ok());
        assert!(judge(counts(3, 1), false).is_err());
        assert!(judge(counts(3, 0), false).is_err());
        assert!(judge(counts(0, 0), true).is_err());
    }
}
