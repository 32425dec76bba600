//! `cargo xtask test --generated`: requests that schemathesis makes up by the OpenAPI document, service by service, against a
//! helpdesk. Whatever is sent, no answer is a 5xx.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;

use crate::command;
use crate::helpdesk::Helpdesk;
use crate::install;
use crate::progress::{Progress, for_counting};
use crate::stop::Stop;

/// The services, each with what the paths of its operations begin with.
pub const SERVICES: [(&str, &str); 6] = [
    ("auth", r"auth|\.well-known"),
    ("users", "users"),
    ("tickets", "(admin/)?tickets"),
    ("files", "files"),
    ("notifications", "(admin/)?notifications"),
    ("audit", "audit"),
];
/// What each of them has besides.
const OPERATIONS: &str = "health|ready|metrics";
/// So many requests are promised for each service.
const WANTED: u64 = 10_000;
/// So many at the most for each operation in the first pass, beside those that cover its description. Passes for what is missing
/// follow, with other seeds.
const EXAMPLES: u64 = 500;
/// A pass with fewer would hardly add anything.
const FEWEST: u64 = 20;
/// An operation without parameters has few requests that differ: there may be passes that bring nearly nothing.
const PASSES: u64 = 10;
/// Thousands of requests come from one address, and some of them are wrong passwords.
const SETTINGS: [(&str, &str); 5] = [
    ("PUBLIC_CALLS_PER_MINUTE", "1000000"),
    ("LOGIN_MAX_FAILURES", "100"),
    ("LOGIN_FAILURE_WINDOW", "1s"),
    ("LOGIN_LOCK", "1s"),
    ("LOGIN_LOCK_MAX", "1s"),
];
/// What schemathesis is told, and what counts for us.
const FILES: [(&str, &str); 2] =
    [("schemathesis.toml", include_str!("schemathesis.toml")), ("counts.py", include_str!("counts.py"))];

/// What is to be asked.
pub struct Wanted {
    /// The helpdesk that runs; none: one of its own.
    pub origin: Option<String>,
    /// These services alone, if any are named.
    pub services: Vec<String>,
    /// What the first pass makes its requests from; the next one takes the next number.
    pub seed: u64,
}

/// How many answers of each status came; 0 is the status of none.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts(BTreeMap<u16, u64>);

/// Asks every service and shows the table.
pub fn run(wanted: &Wanted, stop: &Stop) -> anyhow::Result<ExitCode> {
    let mut desk = wanted.origin.as_deref().map(Helpdesk::running).transpose()?;
    let services = SERVICES.iter().filter(|(name, _)| {
        wanted.services.is_empty() || wanted.services.iter().any(|service| service == name)
    });
    let mut progress = Progress::of(services.clone().count() + 1 + usize::from(desk.is_none()));
    let mut schemathesis = None;
    let _ = progress.step("schemathesis", || {
        schemathesis = Some(install::schemathesis(stop)?);
        Ok(String::new())
    });
    stop.check()?;
    if schemathesis.is_some() && desk.is_none() {
        let _ = progress.step("a helpdesk", || {
            let started = Helpdesk::start(&SETTINGS, stop)?;
            Ok(desk.insert(started).origin.clone())
        });
        stop.check()?;
    }
    if let (Some(schemathesis), Some(mut desk)) = (schemathesis, desk) {
        for (name, paths) in services {
            // A failure is in the table; the other services are worth knowing all the same.
            let _ = progress.step(name, || ask(&schemathesis, &mut desk, paths, wanted.seed, stop));
            stop.check()?;
        }
    }
    Ok(if progress.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks a service until it has been asked enough. What failed is told, with the curl command for it, by schemathesis.
fn ask(
    schemathesis: &Path,
    desk: &mut Helpdesk,
    paths: &str,
    seed: u64,
    stop: &Stop,
) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text)?;
    }
    let file = folder.path().join("counts");
    let mut counts = Counts::default();
    let (mut passes, mut examples) = (0, EXAMPLES);
    while counts.requests() < WANTED && passes < PASSES {
        let mut run = Command::new(schemathesis);
        run.current_dir(folder.path())
            .stdin(Stdio::null())
            .args(["run", &format!("{}/openapi.json", desk.origin)])
            .args(["--include-path-regex", &format!("^/({paths}|{OPERATIONS})(/|$)")])
            .args(["--seed", &(seed + passes).to_string(), "--max-examples", &examples.to_string()])
            .env("ADMIN_EMAIL", &desk.email)
            .env("ADMIN_PASSWORD", &desk.password)
            .env("COUNTS", &file);
        let status = command::converse(&mut run, stop)?;
        stop.check()?;
        passes += 1;
        let told = std::fs::read_to_string(&file).context("schemathesis has not counted")?;
        let more = Counts::read(&told).context("what schemathesis counted cannot be read")?;
        let missing = WANTED.saturating_sub(counts.requests() + more.requests());
        examples = (examples * missing / more.requests().max(1)).clamp(FEWEST, EXAMPLES);
        counts.add(more);
        desk.check()?;
        anyhow::ensure!(status.success(), "{}; what failed is told above", counts.in_words());
    }
    counts.judge()?;
    Ok(format!("{}; seeds {seed} to {}", counts.in_words(), seed + passes - 1))
}

impl Counts {
    fn read(text: &str) -> Option<Self> {
        let line = |line: &str| {
            let (status, number) = line.split_once(' ')?;
            Some((status.parse().ok()?, number.parse().ok()?))
        };
        text.lines().map(line).collect::<Option<_>>().map(Self)
    }

    fn add(&mut self, more: Self) {
        for (status, number) in more.0 {
            *self.0.entry(status).or_default() += number;
        }
    }

    fn requests(&self) -> u64 {
        self.0.values().sum()
    }

    fn of(&self, class: u16) -> u64 {
        self.0.iter().filter(|(status, _)| **status / 100 == class).map(|(_, number)| number).sum()
    }

    /// That enough was asked, by somebody who was let in, and that no answer was a fault of the server's.
    fn judge(&self) -> anyhow::Result<()> {
        let words = self.in_words();
        anyhow::ensure!(self.of(5) + self.of(0) == 0, words);
        anyhow::ensure!(self.requests() >= WANTED, "{words}: fewer than {}", for_counting(WANTED));
        let outside: u64 = [401, 429].iter().filter_map(|status| self.0.get(status)).sum();
        anyhow::ensure!(outside * 2 < self.requests(), "{words}: more than half were not let in");
        Ok(())
    }

    fn in_words(&self) -> String {
        let mut words = format!("{} requests", for_counting(self.requests()));
        for class in [2, 3, 4, 5] {
            words.push_str(&format!(", {} {class}xx", for_counting(self.of(class))));
        }
        if self.of(0) > 0 {
            words.push_str(&format!(", {} without an answer", for_counting(self.of(0))));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Counts {
        Counts::read(text).unwrap()
    }

    #[test]
    fn answers_are_counted_over_all_passes() {
        let mut all = counts("200 1000\n404 20\n");
        all.add(counts("204 1\n404 3\n"));
        assert_eq!(all, counts("200 1000\n204 1\n404 23\n"));
        assert_eq!(all.in_words(), "1,024 requests, 1,001 2xx, 0 3xx, 23 4xx, 0 5xx");
        assert_eq!(Counts::read("what?"), None);
    }

    #[test]
    fn enough_answers_none_of_them_a_fault_are_a_success() {
        assert!(counts("200 4000\n400 6000\n").judge().is_ok());
        assert!(counts("200 4000\n400 5999\n").judge().is_err());
        assert!(counts("200 4000\n400 6000\n503 1\n").judge().is_err());
        assert!(counts("0 1\n200 4000\n400 6000\n").judge().is_err());
        assert!(counts("200 4000\n401 6000\n").judge().is_err());
    }
}
