//! What is measured.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Effort;
use super::house::House;
use super::load::{self, field, request};
use super::people;
use super::pgbench::{self, Script};
use super::recorder::{Recorder, Statement};
use super::table::Table;
use crate::stop::Stop;

/// A ticket as a client sends it.
pub const TICKET: &str = r#"{"title":"The printer on the second floor is on fire","description":"It began this morning, after the update. We have switched it off and on again, which did not help. The smoke is grey.","category":"hardware","priority":"HIGH"}"#;

/// Idle resident memory.
pub fn memory(house: &mut House, _: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    let running = house.start_embedded(stop)?;
    rest(stop)?;
    table.at_most("idle memory, all six in one process", running.resident("helpdesk")?, "MB", 60.0);
    drop(running);
    for service in ["auth", "users", "tickets", "files", "notifications", "audit"] {
        // The others need auth's keys before they are ready.
        let together = if service == "auth" { vec![service] } else { vec!["auth", service] };
        house.afresh(&together, stop)?;
        let running = house.start(&together, stop)?;
        rest(stop)?;
        table.at_most(&format!("idle memory, {service} alone"), running.resident(service)?, "MB", 25.0);
    }
    Ok(())
}

/// Writing and reading tickets against the same SQL by pgbench.
pub fn tickets(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth", "tickets", "baseline"], stop)?;
    // The baseline writes its rows where no relay would publish them.
    house.migrate("tickets", "baseline", stop)?;
    let (id, read) = record(house, stop)?;
    let running = house.start(&["auth", "tickets"], stop)?;
    let token = people::log_in(&running, people::ADA)?;
    let port = running.port("tickets")?;
    let post = request("POST", "/tickets", Some(&token), Some(TICKET));
    load::closed(port, 16, Duration::from_secs(2), 201, |_| post.clone())?;
    for clients in [16, 64] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            let run = load::closed(port, clients, effort.time, 201, |_| post.clone())?;
            run.check()?;
            ours.push(run.rate);
            settle(house, stop)?;
            theirs.push(pgbench::run(
                house,
                "baseline",
                &[Script::plain(pgbench::OPEN_TICKET)],
                clients,
                effort.time,
                stop,
            )?);
        }
        let what = format!("POST /tickets, {clients} clients");
        table.ratio(&what, median(ours), median(theirs), "pgbench, same transaction", 0.5);
    }
    let get = request("GET", &format!("/tickets/{id}"), Some(&token), None);
    settle(house, stop)?;
    for clients in [16, 64] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            let run = load::closed(port, clients, effort.time, 200, |_| get.clone())?;
            run.check()?;
            ours.push(run.rate);
            let read = [Script::of(0, 1, &read)];
            theirs.push(pgbench::run(house, "tickets", &read, clients, effort.time, stop)?);
        }
        let what = format!("GET /tickets/{{id}}, {clients} clients");
        table.ratio(&what, median(ours), median(theirs), "pgbench, SELECT by key", 0.4);
    }
    Ok(())
}

/// Opens one ticket and reads it while all is recorded: its id, and the statements of reading. Of opening, the baseline's
/// script must still say what the service does.
fn record(house: &House, stop: &Stop) -> anyhow::Result<(String, Vec<Statement>)> {
    let running = house.start_loud(&["auth", "tickets"], "tickets", stop)?;
    let token = people::sign_up(&running, people::ADA)?;
    let port = running.port("tickets")?;
    let recorder = Recorder::listen(house, "tickets", &["ticket"], stop)?;
    let post = request("POST", "/tickets", Some(&token), Some(TICKET));
    let open = || load::ask(port, &post, 201);
    let (ticket, opening) = recorder.transaction("INSERT INTO \"tickets\"", stop, open)?;
    let opening: Vec<String> = opening.iter().map(|it| pgbench::skeleton(&it.sql)).collect();
    let script = pgbench::skeletons(pgbench::OPEN_TICKET);
    ensure!(
        opening == script,
        "open_ticket.sql is not what the service sends any more.\nThe service:\n  {}\nThe script:\n  {}",
        opening.join("\n  "),
        script.join("\n  ")
    );
    let id = field(&ticket, "id")?.to_owned();
    let get = request("GET", &format!("/tickets/{id}"), Some(&token), None);
    let read = recorder.questions(stop, || load::ask(port, &get, 200).map(|_| ()))?;
    Ok((id, read))
}

/// How fast a relay empties an outbox that has grown while NATS was away.
pub fn drain(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth", "tickets"], stop)?;
    house.migrate("tickets", "tickets", stop)?;
    house.query(
        "tickets",
        &include_str!("fill_outbox.sql").replace(":events", &effort.events.to_string()),
        stop,
    )?;
    let running = house.start(&["auth", "tickets"], stop)?;
    let published = || -> anyhow::Result<u64> {
        Ok(house
            .query("tickets", "SELECT published_sequence FROM relay WHERE name = 'outbox'", stop)?
            .parse()?)
    };
    let mut first = (Instant::now(), published()?);
    loop {
        stop.check()?;
        let now = published()?;
        if first.1 == 0 {
            first = (Instant::now(), now);
        }
        if now >= effort.events {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let rate = (effort.events - first.1) as f64 / first.0.elapsed().as_secs_f64();
    table.at_least("relay drain", rate, "events/s", 20_000.0);
    drop(running);
    Ok(())
}

/// From the commit of a ticket to the commit of its audit row, at 200 tickets a second. PostgreSQL's own commit
/// timestamps on both sides.
pub fn lag(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth", "tickets", "audit"], stop)?;
    let running = house.start(&["auth", "tickets", "audit"], stop)?;
    let token = people::sign_up(&running, people::ADA)?;
    let post = request("POST", "/tickets", Some(&token), Some(TICKET));
    let port = running.port("tickets")?;
    load::paced(port, 16, 50.0, Duration::from_secs(2), 201, |_| post.clone())?;
    let run = load::paced(port, 16, 200.0, effort.time * 2, 201, |_| post.clone())?;
    run.check()?;
    let latency = load::percentile(&run.latencies, 0.99).as_secs_f64() * 1000.0;
    table.at_most("POST /tickets at 200/s, p99", latency, "ms", 100.0);
    let emitted = "SELECT count(*) FROM outbox WHERE subject LIKE 'ticket.created.%'";
    let emitted: usize = house.query("tickets", emitted, stop)?.parse()?;
    let arrived = "SELECT count(*) FROM trail WHERE action = 'TICKET_CREATED'";
    while house.query("audit", arrived, stop)?.parse::<usize>()? < emitted {
        stop.check()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    let committed = |table: &str, whose: &str| {
        format!(
            "SELECT event_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM {table} WHERE {whose} ORDER BY 1"
        )
    };
    let out = house.query("tickets", &committed("outbox", "subject LIKE 'ticket.created.%'"), stop)?;
    let inn = house.query("audit", &committed("trail", "action = 'TICKET_CREATED'"), stop)?;
    let mut lags = Vec::new();
    for (out, inn) in out.lines().zip(inn.lines()) {
        let (event, left) = out.split_once('|').unwrap_or_default();
        let (same, came) = inn.split_once('|').unwrap_or_default();
        ensure!(event == same, "the audit trail does not hold the same events");
        lags.push(Duration::from_secs_f64((came.parse::<f64>()? - left.parse::<f64>()?).max(0.0)));
    }
    lags.sort_unstable();
    for (name, share, goal) in [("p50", 0.5, 250.0), ("p99", 0.99, 250.0)] {
        let lag = load::percentile(&lags, share).as_secs_f64() * 1000.0;
        table.at_most(&format!("commit → audit row at 200 tickets/s, {name}"), lag, "ms", goal);
    }
    Ok(())
}

/// Until the relay has nothing left to do: the next measurement shall have the machine to itself.
pub fn settle(house: &House, stop: &Stop) -> anyhow::Result<()> {
    settle_in(house, "tickets", stop)
}

/// The same for the relay of one of the services.
pub fn settle_in(house: &House, service: &str, stop: &Stop) -> anyhow::Result<()> {
    let waiting = "SELECT count(*) FROM outbox WHERE sequence IS NULL OR \
                   sequence > (SELECT published_sequence FROM relay WHERE name = 'outbox')";
    while house.query(service, waiting, stop)? != "0" {
        stop.check()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Until an idle process has given back what its start took.
pub fn rest(stop: &Stop) -> anyhow::Result<()> {
    pause(Duration::from_secs(5), stop)
}

/// For so long, or until somebody asks us to stop.
pub fn pause(time: Duration, stop: &Stop) -> anyhow::Result<()> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        stop.check()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
