//! A trail of ten million events: the log in many ways, search, numbers and reports, with many clients at once.

mod plans;
mod questions;

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Effort;
use super::asking::{CLIENTS, Desk, Group, Mix};
use super::house::House;
use super::load::{self, Connection, field, request};
use super::measures::pause;
use super::people;
use super::recorder::Recorder;
use super::table::Table;
use crate::progress::{for_counting, for_reading};
use crate::seed;
use crate::stop::Stop;

use questions::{Facts, LOG_ORDERS};

/// What is a question of audit's, rather than of what every service does.
const ABOUT: &[&str] = &["trail", "metrics", "search"];
/// How long audit keeps what it counted.
const KEPT: &str = "ANSWERS_KEPT";
/// Events a second at which what is made of the trail is to be made anew.
const MADE_ANEW: f64 = 20_000.0;
/// How often is looked whether it is there.
const LOOK: Duration = Duration::from_millis(500);
/// A day that has been over for an hour, after the last standing.
const NOT_ADDED_UP: &str = "SELECT starts_at FROM metrics WHERE grain = 'day' AND dimension = 'user' \
     AND starts_at >= coalesce((SELECT max(until) FROM standings), '-infinity') \
     AND starts_at <= now() - interval '25 hours' LIMIT 1";
/// A page, where nothing else is asked for.
const PAGE: u64 = 25;

/// Measures the trail.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    prepare(house, effort, stop)?;
    Desk::note_settings(house, "audit", table, stop)?;
    let facts = Facts::gather(house, stop)?;
    table.note(format!("{} events in the trail, {CLIENTS} clients", for_counting(facts.events)));

    derive(house, &facts, table, stop)?;
    let running = house.start_loud(&["auth", "audit"], "audit", stop)?;
    let token = people::staff(house, &running, "admin", stop)?;
    let port = running.port("audit")?;
    verify(port, &token, &facts, table)?;
    let far = far_pages(port, &token, &facts, table, stop)?;
    let recorder = Recorder::listen(house, "audit", ABOUT, stop)?;
    eprintln!("  recording what the service asks its database …");
    let mut asked = vec![
        ("log".to_owned(), questions::log(&token, &facts)),
        (format!("log, page {}", for_counting(page(&facts))), questions::far_log(&token, &far)),
    ];
    asked.extend(kept_for_a_while(&token, &facts).map(|(name, mix)| (name.to_owned(), mix)));
    if Connection::open(port)?.call(&request("GET", "/audit/search?q=vpn", Some(&token), None))?.0 == 404 {
        table.note("audit-desk: this audit has no search".to_owned());
    } else {
        asked.insert(2, ("search".to_owned(), questions::search(&token, &facts)));
    }
    let mut groups = Vec::new();
    for (name, mix) in asked {
        groups.push(Group::record(&recorder, port, name, mix, stop)?);
    }
    drop(running);

    let running = house.start(&["auth", "audit"], stop)?;
    let desk = Desk { house, service: "audit", name: "audit", port: running.port("audit")? };
    desk.compare(&mut groups, effort, stop)?;
    for group in &groups {
        desk.tell_group(table, group);
    }
    drop(running);
    plans::tell(house, &groups, table, stop)?;

    house.set("audit", KEPT, "1m");
    let running = house.start(&["auth", "audit"], stop)?;
    let desk = Desk { house, service: "audit", name: "audit", port: running.port("audit")? };
    for (name, mix) in kept_for_a_while(&token, &facts) {
        let answers = desk.answer(&mix, effort.time, stop)?;
        desk.tell(table, &format!("{name} that are kept"), &answers);
    }
    Ok(())
}

/// What is not counted anew for everybody.
fn kept_for_a_while(token: &str, facts: &Facts) -> [(&'static str, Mix); 2] {
    [("metrics", questions::metrics(token, facts)), ("reports", questions::reports(token, facts))]
}

/// A trail: the one that was named, or a new one. Its key follows from the same secret.
fn prepare(house: &mut House, effort: Effort, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth"], stop)?;
    house.set("audit", seed::audit::SECRET_NAME, seed::audit::secret());
    // First each is counted anew.
    house.set("audit", KEPT, "0s");
    if house.lend("audit") {
        return Ok(());
    }
    house.add("audit", stop)?;
    house.migrate("audit", "audit", stop)?;
    seed::audit::fill(&house.database("audit"), house.psql_file(), house.programs(), effort.trail, stop)?;
    house.query("audit", "CHECKPOINT", stop).map(drop)
}

/// Until all that is made of the trail is there: a new trail has none of it, and audit makes one after the other when it starts.
/// Measured meanwhile, search would find nothing, and everything else would wait.
fn derive(house: &House, facts: &Facts, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    let unfinished = "SELECT coalesce(string_agg(derived, ' ' ORDER BY requested_at, derived), '') FROM rebuilds \
                      WHERE finished_at IS NULL";
    let unfinished = || house.query("audit", unfinished, stop);
    let all = unfinished()?;
    let _running = house.start(&["auth", "audit"], stop)?;
    let mut last = Instant::now();
    for derived in all.split_whitespace() {
        eprintln!("  {derived}: made of the trail …");
        while unfinished()?.split_whitespace().any(|it| it == derived) {
            pause(LOOK, stop)?;
        }
        let rate = facts.events as f64 / last.elapsed().as_secs_f64();
        table.at_least(&format!("audit, {derived} made anew of the trail"), rate, "events/s", MADE_ANEW);
        last = Instant::now();
    }
    // The days are added up once all else is there.
    while !house.query("audit", NOT_ADDED_UP, stop)?.is_empty() {
        pause(LOOK, stop)?;
    }
    // As the server does it by itself, sooner or later.
    house.query("audit", "VACUUM (ANALYZE)", stop).map(drop)
}

/// The trail is one that audit has written or could have written: it says so itself.
fn verify(port: u16, token: &str, facts: &Facts, table: &mut Table) -> anyhow::Result<()> {
    eprintln!("  verifying the trail …");
    let begun = Instant::now();
    let mut connection = Connection::open(port)?.patient()?;
    let (status, verdict) = connection.call(&request("GET", "/audit/verify", Some(token), None))?;
    ensure!(status == 200 && verdict.contains("\"isIntact\":true"), "the trail is not intact: {verdict}");
    let took = begun.elapsed();
    let rate = facts.events as f64 / took.as_secs_f64();
    let said = format!("intact, {} ({rate:.0} events/s)", for_reading(took));
    table.tell("audit, GET /audit/verify", &said);
    Ok(())
}

/// Page 10,000, or the one in the middle of a trail that has not so many.
fn page(facts: &Facts) -> u64 {
    (facts.events / PAGE / 2).min(10_000)
}

/// Walks to the far page in every order.
fn far_pages(
    port: u16,
    token: &str,
    facts: &Facts,
    table: &mut Table,
    stop: &Stop,
) -> anyhow::Result<Vec<String>> {
    let steps = (page(facts) - 1) * PAGE / 100;
    eprintln!("  walking {} pages in {} orders …", for_counting(steps), LOG_ORDERS.len());
    let begun = Instant::now();
    let mut cursors = Vec::new();
    for order in LOG_ORDERS {
        let mut connection = load::Connection::open(port)?;
        let mut cursor = String::new();
        for _ in 0..steps {
            stop.check()?;
            let path = format!("/audit/logs?{order}&limit=100{cursor}");
            let (status, body) = connection.call(&request("GET", &path, Some(token), None))?;
            ensure!(status == 200, "{path} was answered with {status}: {body}");
            match field(&body, "nextCursor") {
                Ok(next) => cursor = format!("&cursor={next}"),
                // There are not so many; the last page is far enough.
                Err(_) => break,
            }
        }
        cursors.push(cursor);
    }
    let each = begun.elapsed().as_secs_f64() * 1000.0 / (steps.max(1) as f64 * LOG_ORDERS.len() as f64);
    let said = format!("{}, {each:.1} ms a step of 100 lines", for_reading(begun.elapsed()));
    table.tell(&format!("audit, the walk to page {} of the log", for_counting(page(facts))), &said);
    Ok(cursors)
}
