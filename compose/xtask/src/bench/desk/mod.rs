//! A desk with a million tickets: lists, filters, search, statistics, comments and history, with many clients at once.
//!
//! First the service is started loudly and asked each question once, which gives the statements for the baseline and finds
//! the cursor of page 10,000; then it is started as always and measured.

mod questions;

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Effort;
use super::asking::{CLIENTS, Desk, Group, Mix};
use super::house::House;
use super::load::{self, field, request};
use super::measures::{median, settle};
use super::people;
use super::recorder::Recorder;
use super::table::Table;
use crate::progress::{for_counting, for_reading};
use crate::seed;
use crate::stop::Stop;

use questions::{Facts, Tokens};

/// How much longer than page 1 page 10,000 may take and still count as alike, on a machine with noise.
const ALIKE: f64 = 1.5;
/// A page, where nothing else is asked for.
const PAGE: u64 = 25;
/// No answer of the statistics is older; asked later, they are counted anew.
const STATISTICS_LIVE: Duration = Duration::from_millis(5_200);

/// Measures the desk.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    prepare(house, effort, stop)?;
    Desk::note_settings(house, "tickets", table, stop)?;
    let facts = Facts::gather(house, stop)?;
    let what = format!("{} tickets, {CLIENTS} clients", for_counting(facts.tickets));
    table.note(what);

    let running = house.start_loud(&["auth", "tickets"], "tickets", stop)?;
    let tokens = Tokens {
        agent: people::staff(house, &running, "agent", stop)?,
        requester: people::requester(house, &running, &facts.busiest, stop)?,
    };
    rest(house, stop)?;
    let port = running.port("tickets")?;
    let first = questions::first_pages(&tokens);
    let far = far_pages(port, &tokens, &facts, table, stop)?;
    let recorder = Recorder::listen(house, "tickets", &["ticket"], stop)?;
    eprintln!("  recording what the service asks its database …");
    let asked = [
        ("list, page 1".to_owned(), first),
        (format!("list, page {}", for_counting(page(&facts))), far),
        ("filters".to_owned(), questions::filters(&tokens, &facts)),
        ("search".to_owned(), questions::search(&tokens, &facts)),
    ];
    let mut groups = Vec::new();
    for (name, mix) in asked {
        groups.push(Group::record(&recorder, port, name, mix, stop)?);
    }
    drop(running);

    let running = house.start(&["auth", "tickets"], stop)?;
    let desk = Desk { house, service: "tickets", name: "desk", port: running.port("tickets")? };
    rest(house, stop)?;
    desk.compare(&mut groups, effort, stop)?;
    let slowest: Vec<_> = groups.iter().map(|group| desk.tell_group(table, group)).collect();
    let alike = slowest[1].as_secs_f64() / slowest[0].as_secs_f64();
    table.times(&format!("desk, p95 of {} against page 1", groups[1].name), alike, ALIKE);
    statistics(&desk, &tokens, effort, table, stop)?;
    let stories = desk.answer(&questions::stories(&tokens, &facts), effort.time, stop)?;
    desk.tell(table, "one ticket", &stories);
    Ok(())
}

/// A desk with its tickets: the one that was named, or a new one.
fn prepare(house: &mut House, effort: Effort, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth"], stop)?;
    if house.lend("tickets") {
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

/// The statistics as clients get them, and as the one gets them for whom they are counted.
fn statistics(
    desk: &Desk,
    tokens: &Tokens,
    effort: Effort,
    table: &mut Table,
    stop: &Stop,
) -> anyhow::Result<()> {
    let mix = questions::statistics(tokens);
    desk.tell(table, "statistics", &desk.answer(&mix, effort.time * 2, stop)?);
    let mut counted = Vec::new();
    for _ in 0..effort.rounds * 2 {
        let until = Instant::now() + STATISTICS_LIVE;
        while Instant::now() < until {
            stop.check()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        let begun = Instant::now();
        load::ask(desk.port, &mix.request(0), 200)?;
        counted.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    table.tell("desk, statistics counted anew, one client", &format!("p50 {:.0} ms", median(counted)));
    Ok(())
}
