//! Commands in front: run, shown, counted, and ended when we are.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context;

use crate::place;
use crate::stop::Stop;

/// Cargo, at the root of the workspace, as if it had not been called through `cargo xtask`.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(place::root());
    // `cargo run` tells its child about the crate xtask. Build scripts that watch these names would run again each time.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|it| text.starts_with(it));
        if ours || text == "OUT_DIR" || text == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds programs with a profile of cargo by the ends of their names, as in `-auth` for `helpdesk-auth`; the folder in which they
/// lie then. Of the whole workspace, so that what they have in common is compiled once whichever are wanted.
pub fn build<'a>(
    profile: &str,
    programs: impl IntoIterator<Item = &'a str>,
    stop: &Stop,
) -> anyhow::Result<PathBuf> {
    eprintln!("Building with the profile {profile} …");
    let mut build = cargo();
    build.args(["build", "--profile", profile, "--workspace", "--exclude", "xtask"]);
    for program in programs {
        build.args(["--bin", &format!("helpdesk{program}")]);
    }
    show(&mut build, stop)?;
    Ok(place::target().join(profile))
}

/// Runs a command in a process group of its own, so that its whole family can be ended, and shows its output.
pub fn show(command: &mut Command, stop: &Stop) -> anyhow::Result<()> {
    let words = in_words(command);
    let mut child = spawn(command.stdin(Stdio::null()).process_group(0))?;
    let _front = stop.in_front(-id(&child));
    succeed(&words, child.wait()?, stop)
}

/// Runs a command that may talk to the user, in our own process group, where a terminal lets it.
pub fn converse(command: &mut Command, stop: &Stop) -> anyhow::Result<ExitStatus> {
    let grouped = !std::io::stdin().is_terminal();
    if grouped {
        command.process_group(0);
    }
    let mut child = spawn(command)?;
    let _front = stop.in_front(if grouped { -id(&child) } else { id(&child) });
    Ok(child.wait()?)
}

/// Runs a command and keeps its output for the case that it fails.
pub fn quiet(command: &mut Command, stop: &Stop) -> anyhow::Result<String> {
    let words = in_words(command);
    let child =
        spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0))?;
    let _front = stop.in_front(-id(&child));
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    succeed(&words, output.status, stop).with_context(|| last_lines(&format!("{said}{complained}"), 15))?;
    Ok(said)
}

/// As [`quiet`], and gives both what the command said and what it complained about.
pub fn words(command: &mut Command, stop: &Stop) -> anyhow::Result<String> {
    let words = in_words(command);
    let child =
        spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0))?;
    let _front = stop.in_front(-id(&child));
    let output = child.wait_with_output()?;
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    succeed(&words, output.status, stop).with_context(|| last_lines(&said, 15))?;
    Ok(said)
}

/// What `cargo test` counted, over all its binaries.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
}

/// Runs `cargo test …`, shows its output as it comes and counts. `Ok` with the counts also when tests failed: the second
/// value says whether the command was content.
pub fn tests(command: &mut Command, stop: &Stop) -> anyhow::Result<(Counts, bool)> {
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0))?;
    let _front = stop.in_front(-id(&child));
    let mut counts = Counts::default();
    let mut lines = BufReader::new(child.stdout.take().context("the output was piped")?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let mut out = std::io::stdout().lock();
        out.write_all(&line)?;
        out.flush()?;
        counts.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait()?;
    stop.check()?;
    Ok((counts, status.success()))
}

impl Counts {
    /// Adds what a line says, when it is one of the test harness's results.
    fn add(&mut self, line: &str) {
        let plain = without_colour(line);
        let Some(result) = plain.trim_start().strip_prefix("test result: ") else { return };
        for part in result.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

fn without_colour(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

/// The process id in the form that signals take.
pub fn id(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("process ids are positive and small")
}

/// Starts a command; a failure names it.
pub fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    command.spawn().with_context(|| format!("`{}` cannot be started", in_words(command)))
}

/// The last lines of a text, for a report.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

fn succeed(words: &str, status: ExitStatus, stop: &Stop) -> anyhow::Result<()> {
    stop.check()?;
    anyhow::ensure!(status.success(), "`{words}` failed ({status})");
    Ok(())
}

fn in_words(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    let all = std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ");
    // A script given as an argument is not worth reading in an error.
    all.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_summed_with_and_without_colour() {
        let mut counts = Counts::default();
        counts.add(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
        );
        counts.add(
            "test result: \x1b[31mFAILED\x1b[0m. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        counts.add("test something ... ok\n");
        assert_eq!(counts, Counts { passed: 5, failed: 4, ignored: 1 });
    }

    #[test]
    fn only_the_last_lines_are_told() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }
}
