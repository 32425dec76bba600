//! A desk with a million tickets: lists, filters, search, statistics, comments and history, with many clients at once.
//!
//! First the service is started loudly and asked each question once, which gives the statements for the baseline and finds
//! the cursor of page 10,000; then it is started as always and measured.

mod questions;

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Effort;
use super::house::House;
use super::load::{self, field, request};
use super::measures::{median, settle};
use super::people;
use super::pgbench::{self, Script};
use super::recorder::Recorder;
use super::table::Table;
use crate::progress::{for_counting, for_reading};
use crate::seed;
use crate::stop::Stop;

use questions::{Facts, Mix, Tokens};

const CLIENTS: usize = 16;
/// The issue's: 95 of 100 answers come within this.
const GOAL: Duration = Duration::from_millis(100);
/// How much of pgbench's rate the service is to reach.
const RATIO: f64 = 0.5;
/// How much longer than page 1 page 10,000 may take and still count as alike, on a machine with noise.
const ALIKE: f64 = 1.5;
/// A page, where nothing else is asked for.
const PAGE: u64 = 25;
/// What PostgreSQL is told about itself, for the reader of the table.
const SETTINGS: &str = "SELECT 'PostgreSQL ' || current_setting('server_version') || ': ' || \
    string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings WHERE name IN \
    ('shared_buffers', 'work_mem', 'effective_cache_size', 'random_page_cost', 'jit', 'fsync', 'synchronous_commit', \
    'max_parallel_workers_per_gather')";
/// No answer of the statistics is older; asked later, they are counted anew.
const STATISTICS_LIVE: Duration = Duration::from_millis(5_200);

/// Questions, what the database is asked for them, and what came of both.
struct Group {
    name: String,
    mix: Mix,
    scripts: Vec<Script>,
    answers: Answers,
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

/// How long each kind of question took.
#[derive(Default)]
struct Answers {
    time: Duration,
    each: Vec<(&'static str, Vec<Duration>)>,
}

/// Measures the desk.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    prepare(house, effort, stop)?;
    table.note(house.query("tickets", SETTINGS, stop)?);
    let facts = Facts::gather(house, stop)?;
    let what = format!("{} tickets, {CLIENTS} clients", for_counting(facts.tickets));
    table.note(what);

    let running = house.start_loud(&["auth", "tickets"], "tickets", stop)?;
    let tokens = Tokens {
        agent: people::agent(house, &running, stop)?,
        requester: people::requester(house, &running, &facts.busiest, stop)?,
    };
    rest(house, stop)?;
    let port = running.port("tickets")?;
    let first = questions::first_pages(&tokens);
    let far = far_pages(port, &tokens, &facts, table, stop)?;
    let recorder = Recorder::listen(house, "tickets", stop)?;
    eprintln!("  recording what the service asks its database …");
    let asked = [
        ("list, page 1".to_owned(), first),
        (format!("list, page {}", for_counting(page(&facts))), far),
        ("filters".to_owned(), questions::filters(&tokens, &facts)),
        ("search".to_owned(), questions::search(&tokens, &facts)),
    ];
    let mut groups = Vec::new();
    for (name, mix) in asked {
        groups.push(record(&recorder, port, name, mix, stop)?);
    }
    drop(running);

    let running = house.start(&["auth", "tickets"], stop)?;
    let port = running.port("tickets")?;
    rest(house, stop)?;
    compare(house, port, &mut groups, effort, stop)?;
    let mut slowest = Vec::new();
    for group in &groups {
        slowest.push(tell(table, &group.name, &group.answers));
        let [ours, theirs] = [&group.ours, &group.theirs].map(|rates| median(rates.clone()));
        table.ratio(&format!("desk, {}", group.name), ours, theirs, "pgbench, same SQL", RATIO);
    }
    let alike = slowest[1].as_secs_f64() / slowest[0].as_secs_f64();
    table.times(&format!("desk, p95 of {} against page 1", groups[1].name), alike, ALIKE);
    statistics(port, &tokens, effort, table, stop)?;
    tell(table, "one ticket", &answer(port, &questions::stories(&tokens, &facts), effort.time, stop)?);
    Ok(())
}

/// A desk with its tickets: the one that was named, or a new one.
fn prepare(house: &mut House, effort: Effort, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth"], stop)?;
    if house.lend_the_desk() {
        return Ok(());
    }
    house.add("tickets", stop)?;
    house.migrate("tickets", "tickets", stop)?;
    seed::fill(&house.database("tickets"), house.psql_file(), effort.tickets, stop)?;
    house.query("tickets", "CHECKPOINT", stop).map(drop)
}

/// Until the service has done what had become due while it did not run, and told it.
fn rest(house: &House, stop: &Stop) -> anyhow::Result<()> {
    let due = "SELECT count(*) FROM tickets WHERE next_timer_at < now() - interval '2 seconds'";
    while house.query("tickets", due, stop)? != "0" {
        stop.check()?;
        std::thread::sleep(Duration::from_millis(200));
    }
    settle(house, stop)
}

/// Page 10,000, or the one in the middle of a desk that has not so many.
fn page(facts: &Facts) -> u64 {
    (facts.tickets / PAGE / 2).min(10_000)
}

/// Walks to the far page in every order, all at once, and asks for it there.
fn far_pages(
    port: u16,
    tokens: &Tokens,
    facts: &Facts,
    table: &mut Table,
    stop: &Stop,
) -> anyhow::Result<Mix> {
    let steps = (page(facts) - 1) * PAGE / 100;
    eprintln!("  walking {} pages in {} orders …", for_counting(steps), questions::ORDERS.len());
    let walk = |order: &str| -> anyhow::Result<(Duration, String)> {
        let begun = Instant::now();
        let mut connection = load::Connection::open(port)?;
        let mut cursor = String::new();
        for _ in 0..steps {
            stop.check()?;
            let path = format!("/admin/tickets?sort={order}&limit=100{cursor}");
            let (status, body) = connection.call(&request("GET", &path, Some(&tokens.agent), None))?;
            ensure!(status == 200, "{path} was answered with {status}: {body}");
            cursor = format!("&cursor={}", field(&body, "nextCursor")?);
        }
        Ok((begun.elapsed(), cursor))
    };
    let begun = Instant::now();
    let walked: Vec<_> = std::thread::scope(|scope| {
        let walkers: Vec<_> = questions::ORDERS.iter().map(|order| scope.spawn(|| walk(order))).collect();
        walkers.into_iter().map(|it| it.join().expect("a walker does not panic")).collect()
    });
    let cursors = walked.into_iter().map(|it| Ok(it?.1)).collect::<anyhow::Result<Vec<_>>>()?;
    let took = begun.elapsed();
    let each = took.as_secs_f64() * 1000.0 / (steps.max(1) as f64);
    let said = format!(
        "{} for {} orders side by side, {each:.1} ms a step of 100 tickets",
        for_reading(took),
        cursors.len()
    );
    table.tell(&format!("desk, the walk to page {}", for_counting(page(facts))), &said);
    Ok(questions::far_pages(tokens, &cursors))
}

/// Asks each question once, and makes a script of what the database was asked for it.
fn record(recorder: &Recorder, port: u16, name: String, mix: Mix, stop: &Stop) -> anyhow::Result<Group> {
    let mut scripts = Vec::new();
    for kind in &mix.kinds {
        // Of every kind as many, whatever the number of its questions.
        let weight = (1_000 / kind.requests.len()).max(1);
        for request in &kind.requests {
            let ask = || load::ask(port, request, 200).map(drop);
            let statements = recorder.questions(stop, ask)?;
            scripts.push(Script::of(scripts.len(), weight, &statements));
        }
    }
    Ok(Group { name, mix, scripts, answers: Answers::default(), ours: Vec::new(), theirs: Vec::new() })
}

/// The service and pgbench, one group after the other, in rounds: what else the machine does hits all of them alike.
fn compare(
    house: &House,
    port: u16,
    groups: &mut [Group],
    effort: Effort,
    stop: &Stop,
) -> anyhow::Result<()> {
    for round in 1..=effort.rounds {
        for group in &mut *groups {
            eprintln!("  round {round}: {} …", group.name);
            let answers = answer(port, &group.mix, effort.time, stop)?;
            group.ours.push(answers.rate());
            group.answers.join(answers);
            let scripts = &group.scripts;
            group.theirs.push(pgbench::run(house, "tickets", scripts, CLIENTS, effort.time, stop)?);
        }
    }
    Ok(())
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

/// Asks the mix by all clients for a while, warmed up.
fn answer(port: u16, mix: &Mix, time: Duration, stop: &Stop) -> anyhow::Result<Answers> {
    stop.check()?;
    load::closed(port, CLIENTS, time / 4, 200, |number| mix.request(number))?;
    let run = load::closed(port, CLIENTS, time, 200, |number| mix.request(number))?;
    run.check()?;
    let mut each: Vec<_> = mix.kinds.iter().map(|kind| (kind.name, Vec::new())).collect();
    for (number, latency) in run.numbered {
        each[mix.kind(number)].1.push(latency);
    }
    Ok(Answers { time, each })
}

/// A row for every kind; the 95th percentile of all together.
fn tell(table: &mut Table, name: &str, answers: &Answers) -> Duration {
    let mut all = Vec::new();
    for (kind, latencies) in &answers.each {
        let mut sorted = latencies.clone();
        sorted.sort_unstable();
        let rate = sorted.len() as f64 / answers.time.as_secs_f64();
        table.latency(&format!("desk, {name}: {kind}"), rate, &sorted, GOAL);
        all.extend(sorted);
    }
    all.sort_unstable();
    load::percentile(&all, 0.95)
}

/// The statistics as clients get them, and as the one gets them for whom they are counted.
fn statistics(
    port: u16,
    tokens: &Tokens,
    effort: Effort,
    table: &mut Table,
    stop: &Stop,
) -> anyhow::Result<()> {
    let mix = questions::statistics(tokens);
    tell(table, "statistics", &answer(port, &mix, effort.time * 2, stop)?);
    let mut counted = Vec::new();
    for _ in 0..effort.rounds * 2 {
        let until = Instant::now() + STATISTICS_LIVE;
        while Instant::now() < until {
            stop.check()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        let begun = Instant::now();
        load::ask(port, &mix.request(0), 200)?;
        counted.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    table.tell("desk, statistics counted anew, one client", &format!("p50 {:.0} ms", median(counted)));
    Ok(())
}
