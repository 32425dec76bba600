//! Many clients ask a service questions of many kinds, against pgbench that asks its database the same.
//!
//! First the service is started loudly and asked each question once, which gives the statements for the baseline; then it is
//! started as always and measured.

use std::time::Duration;

use super::Effort;
use super::house::House;
use super::load::{self, request};
use super::measures::median;
use super::pgbench::{self, Script};
use super::recorder::{Recorder, Statement};
use super::table::Table;
use crate::stop::Stop;

/// How many clients ask at once.
pub const CLIENTS: usize = 16;
/// The issues': 95 of 100 answers come within this.
pub const GOAL: Duration = Duration::from_millis(100);
/// How much of pgbench's rate the service is to reach.
const RATIO: f64 = 0.5;
/// What PostgreSQL is told about itself, for the reader of the table.
const SETTINGS: &str = "SELECT 'PostgreSQL ' || current_setting('server_version') || ': ' || \
    string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings WHERE name IN \
    ('shared_buffers', 'work_mem', 'effective_cache_size', 'random_page_cost', 'jit', 'fsync', 'synchronous_commit', \
    'max_parallel_workers_per_gather')";

/// A service that is asked.
pub struct Desk<'a> {
    pub house: &'a House,
    pub service: &'static str,
    /// What the rows of the table begin with.
    pub name: &'static str,
    pub port: u16,
}

/// Questions of several kinds, each kind as often as the others.
pub struct Mix {
    pub kinds: Vec<Kind>,
}

/// Questions of one kind.
pub struct Kind {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
}

/// Questions, what the database is asked for them, and what came of both.
pub struct Group {
    pub name: String,
    mix: Mix,
    /// Of each kind, what each of its questions asks the database.
    asked: Vec<Vec<Vec<Statement>>>,
    scripts: Vec<Script>,
    answers: Answers,
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

/// How long each kind of question took.
#[derive(Default)]
pub struct Answers {
    time: Duration,
    each: Vec<(&'static str, Vec<Answer>)>,
}

/// Which question of its kind it answers, and how long it took.
type Answer = (usize, Duration);

impl Mix {
    /// Which kind the call with this number is of.
    fn kind(&self, number: u64) -> usize {
        place(number, self.kinds.len())
    }

    /// Which question of that kind it is.
    fn question(&self, number: u64) -> usize {
        place(number / self.kinds.len() as u64, self.kinds[self.kind(number)].requests.len())
    }

    /// The request of the call with this number.
    pub fn request(&self, number: u64) -> Vec<u8> {
        self.kinds[self.kind(number)].requests[self.question(number)].clone()
    }
}

fn place(number: u64, among: usize) -> usize {
    usize::try_from(number % among as u64).expect("it is less than a usize")
}

impl Kind {
    /// Questions by their paths.
    pub fn of(name: &'static str, token: &str, paths: impl IntoIterator<Item = String>) -> Self {
        let requests = paths.into_iter().map(|path| request("GET", &path, Some(token), None));
        Self { name, requests: requests.collect() }
    }
}

impl Group {
    /// Asks each question once, and makes a script of what the database was asked for it.
    ///
    /// # Errors
    /// When an answer is another than 200, or no question to the database is to be seen.
    pub fn record(
        recorder: &Recorder,
        port: u16,
        name: String,
        mix: Mix,
        stop: &Stop,
    ) -> anyhow::Result<Self> {
        let (mut scripts, mut asked) = (Vec::new(), Vec::new());
        for kind in &mix.kinds {
            // Of every kind as many, whatever the number of its questions.
            let weight = (1_000 / kind.requests.len()).max(1);
            let mut of_kind = Vec::new();
            for request in &kind.requests {
                let ask = || load::ask(port, request, 200).map(drop);
                let statements = recorder.questions(stop, ask)?;
                scripts.push(Script::of(scripts.len(), weight, &statements));
                of_kind.push(statements);
            }
            asked.push(of_kind);
        }
        let (ours, theirs) = (Vec::new(), Vec::new());
        Ok(Self { name, mix, asked, scripts, answers: Answers::default(), ours, theirs })
    }

    /// Each kind with what its slowest question asks the database, and how long 95 of 100 answers took at the most.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &[Statement], Duration)> {
        self.answers.each.iter().zip(&self.asked).map(|((name, answers), asked)| {
            let middle = |question: usize| {
                let of_it = answers.iter().filter(|(its, _)| *its == question).map(|(_, latency)| *latency);
                load::percentile(&sorted(of_it), 0.5)
            };
            let slowest = (0..asked.len()).max_by_key(|question| middle(*question)).unwrap_or(0);
            let all = sorted(answers.iter().map(|(_, latency)| *latency));
            (*name, &asked[slowest][..], load::percentile(&all, 0.95))
        })
    }
}

fn sorted(latencies: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut latencies: Vec<_> = latencies.collect();
    latencies.sort_unstable();
    latencies
}

impl Desk<'_> {
    /// Notes what its database is told about itself.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn note_settings(house: &House, service: &str, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
        table.note(house.query(service, SETTINGS, stop)?);
        Ok(())
    }

    /// The service and pgbench, one group after the other, in rounds: what else the machine does hits all of them alike.
    ///
    /// # Errors
    /// When an answer is another than 200.
    pub fn compare(&self, groups: &mut [Group], effort: Effort, stop: &Stop) -> anyhow::Result<()> {
        for round in 1..=effort.rounds {
            for group in &mut *groups {
                eprintln!("  round {round}: {} …", group.name);
                let answers = self.answer(&group.mix, effort.time, stop)?;
                group.ours.push(answers.rate());
                group.answers.join(answers);
                let scripts = &group.scripts;
                let theirs = pgbench::run(self.house, self.service, scripts, CLIENTS, effort.time, stop)?;
                group.theirs.push(theirs);
            }
        }
        Ok(())
    }

    /// Asks the mix by all clients for a while, warmed up.
    ///
    /// # Errors
    /// When an answer is another than 200.
    pub fn answer(&self, mix: &Mix, time: Duration, stop: &Stop) -> anyhow::Result<Answers> {
        stop.check()?;
        load::closed(self.port, CLIENTS, time / 4, 200, |number| mix.request(number))?;
        let run = load::closed(self.port, CLIENTS, time, 200, |number| mix.request(number))?;
        run.check()?;
        let mut each: Vec<_> = mix.kinds.iter().map(|kind| (kind.name, Vec::new())).collect();
        for (number, latency) in run.numbered {
            each[mix.kind(number)].1.push((mix.question(number), latency));
        }
        Ok(Answers { time, each })
    }

    /// A row for every kind of a group, and one against the baseline; the 95th percentile of all together.
    pub fn tell_group(&self, table: &mut Table, group: &Group) -> Duration {
        let slowest = self.tell(table, &group.name, &group.answers);
        let [ours, theirs] = [&group.ours, &group.theirs].map(|rates| median(rates.clone()));
        table.ratio(&format!("{}, {}", self.name, group.name), ours, theirs, "pgbench, same SQL", RATIO);
        slowest
    }

    /// A row for every kind; the 95th percentile of all together.
    pub fn tell(&self, table: &mut Table, name: &str, answers: &Answers) -> Duration {
        let mut all = Vec::new();
        for (kind, its) in &answers.each {
            let sorted = sorted(its.iter().map(|(_, latency)| *latency));
            let rate = sorted.len() as f64 / answers.time.as_secs_f64();
            table.latency(&format!("{}, {name}: {kind}", self.name), rate, &sorted, GOAL);
            all.extend(sorted);
        }
        all.sort_unstable();
        load::percentile(&all, 0.95)
    }
}

impl Answers {
    /// How many a second.
    fn rate(&self) -> f64 {
        let many: usize = self.each.iter().map(|(_, latencies)| latencies.len()).sum();
        many as f64 / self.time.as_secs_f64()
    }

    fn join(&mut self, other: Self) {
        self.time += other.time;
        if self.each.is_empty() {
            self.each = other.each;
            return;
        }
        for ((_, ours), (_, theirs)) in self.each.iter_mut().zip(other.each) {
            ours.extend(theirs);
        }
    }
}

/// A value as it stands in a query string.
pub fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_turn_and_within_it_every_question() {
        let kind = |name, many: u8| Kind { name, requests: (0..many).map(|it| vec![it]).collect() };
        let mix = Mix { kinds: vec![kind("a", 2), kind("b", 3)] };
        let asked: Vec<_> = (0..6).map(|number| (mix.kind(number), mix.request(number)[0])).collect();
        assert_eq!(asked, [(0, 0), (1, 0), (0, 1), (1, 1), (0, 0), (1, 2)]);
    }
}
