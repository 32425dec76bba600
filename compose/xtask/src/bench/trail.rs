//! How fast audit puts events on record, against the batched INSERT of the very same rows – of the log and of what it is searched
//! by; not of the counts, which are sums –; and what a million of them do to its memory.

use std::io::BufReader;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::Effort;
use super::house::{House, Running};
use super::measures::{median, pause, rest};
use super::nats::Nats;
use super::table::Table;
use crate::command;
use crate::progress::for_counting;
use crate::stop::Stop;

/// How much of the bare INSERT's pace the consumer is to reach.
const RATIO: f64 = 0.5;
/// What audit commits together at the most (`nats/consumers/audit.json`); here it is what one INSERT has.
const BATCH: u32 = 1024;
/// Seldom, so that looking costs the service nothing; when it recorded what, it has written down itself.
const LOOK: Duration = Duration::from_millis(250);
/// Without progress for so long, something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// Parts of all events after which memory is looked at, in a hundred.
const MARKS: [u64; 3] = [10, 50, 100];
/// The tables of which each event has a row, and their columns behind its number.
const ROWS: [(&str, &str); 2] = [
    (
        "trail",
        "recorded_at, event_id, \"timestamp\", action, resource_type, resource_id, user_id, person_id, \
         envelope, sealed, hash",
    ),
    ("trail_search", "\"timestamp\", person_id, document"),
];
/// What is still flat, in MB: an allocator breathes.
const FLAT: f64 = 8.0;

/// Measures the recording.
pub fn measure(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    let (mut ours, mut same, mut log, mut together) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        prepare(house, stop)?;
        publish(house, effort.events, stop)?;
        house.query("audit", "CHECKPOINT", stop)?;
        let running = house.start(&["auth", "audit"], stop)?;
        wait(house, effort.events, stop)?;
        let (rate, batch) = pace(house, effort.events, stop)?;
        drop(running);
        let [both, one] = [&ROWS[..], &ROWS[..1]].map(|rows| insert(house, effort.events, rows, stop));
        let (both, one) = (both?, one?);
        eprintln!("  events/s {rate:.0} ({both:.0}; the log alone {one:.0})");
        ours.push(rate);
        same.push(both);
        log.push(one);
        together.push(batch);
        Nats::open(house.nats())?.remove(&format!("{}-HELPDESK", house.namespace()))?;
    }
    let what = format!("audit records {} events", for_counting(effort.events));
    let (ours, log) = (median(ours), median(log));
    let baseline = "INSERT of the same rows, log and search, 1,024 at a time";
    table.ratio_of(" events/s", &what, ours, median(same), baseline, RATIO);
    table.tell("against the INSERT of the log alone", &format!("{log:.0} events/s, {:.2}", ours / log));
    table.tell("events that audit recorded in one transaction", &format!("{:.0}", median(together)));
    Ok(())
}

/// Measures the memory.
pub fn memory(house: &mut House, effort: Effort, table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    prepare(house, stop)?;
    let running = house.start(&["auth", "audit"], stop)?;
    rest(stop)?;
    let idle = running.resident("audit")?;
    let seen = std::thread::scope(|scope| {
        let house: &House = house;
        let publisher = scope.spawn(|| publish(house, effort.flow, stop));
        let seen = watch(house, &running, effort.flow, stop);
        publisher.join().expect("a publisher does not panic")?;
        seen
    })?;
    Nats::open(house.nats())?.remove(&format!("{}-HELPDESK", house.namespace()))?;
    let told: Vec<_> =
        seen.iter().map(|(events, memory)| format!("{memory:.1} MB at {}", for_counting(*events))).collect();
    table.tell("memory of audit while events flow", &format!("{idle:.1} MB idle, {}", told.join(", ")));
    let [(first, before), .., (last, after)] = seen[..] else { anyhow::bail!("there are several marks") };
    let what = format!("its growth from {} to {} events", for_counting(first), for_counting(last));
    table.at_most(&what, after - before, "MB", FLAT);
    Ok(())
}

/// Fresh databases, and the stream and the consumer as audit makes them at its first start.
fn prepare(house: &mut House, stop: &Stop) -> anyhow::Result<()> {
    house.afresh(&["auth", "audit"], stop)?;
    house.start(&["auth", "audit"], stop).map(drop)
}

/// Puts so many events into the stream.
fn publish(house: &House, events: u64, stop: &Stop) -> anyhow::Result<()> {
    let mut maker = house.program("helpdesk-audit-seed");
    maker.args(["events", "--count", &events.to_string()]).stdout(Stdio::piped());
    let mut maker = command::spawn(&mut maker)?;
    let made = BufReader::new(maker.stdout.take().context("its output was piped")?);
    let published = Nats::open(house.nats())?.publish(&format!("{}-helpdesk", house.namespace()), made);
    // When the stream refuses, the maker writes to nobody and ends.
    maker.wait()?;
    stop.check()?;
    ensure!(published? == events, "fewer events were made than were asked for");
    Ok(())
}

/// Until so many are on record.
fn wait(house: &House, events: u64, stop: &Stop) -> anyhow::Result<()> {
    let mut last = (Instant::now(), 0);
    while last.1 < events {
        pause(LOOK, stop)?;
        let now = recorded(house, stop)?;
        ensure!(now > last.1 || last.0.elapsed() < PATIENCE, "no event was recorded after {}", last.1);
        if now > last.1 {
            last = (Instant::now(), now);
        }
    }
    Ok(())
}

fn recorded(house: &House, stop: &Stop) -> anyhow::Result<u64> {
    Ok(house.query("audit", "SELECT coalesce(max(sequence), 0) FROM trail_head", stop)?.parse()?)
}

/// Events a second, from the first transaction to the last, and how many there are in one.
fn pace(house: &House, events: u64, stop: &Stop) -> anyhow::Result<(f64, f64)> {
    let sql = format!(
        "SELECT count(*) FILTER (WHERE recorded_at > first), extract(epoch FROM max(recorded_at) - min(first)), \
         count(*)::float / count(DISTINCT recorded_at) \
         FROM (SELECT recorded_at, min(recorded_at) OVER () AS first FROM trail WHERE sequence <= {events}) AS it"
    );
    let answer = house.query("audit", &sql, stop)?;
    let numbers = answer.split('|').map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?;
    let [timed, seconds, batch] = numbers[..] else { anyhow::bail!("three columns were asked for") };
    Ok((timed / seconds, batch))
}

/// Inserts the very rows of these tables into others of the same kind, a batch a transaction: events a second.
fn insert(house: &House, events: u64, tables: &[(&str, &str)], stop: &Stop) -> anyhow::Result<f64> {
    house.query("audit", include_str!("trail_again.sql"), stop)?;
    house.query("audit", "CHECKPOINT", stop)?;
    let statements = house.folder().join("again.sql");
    let inserts = tables.iter().map(|(table, columns)| {
        let fields = vec!["%L"; columns.split(", ").count()].join(",");
        format!(
            "(SELECT 'INSERT INTO again_{table} VALUES ' || string_agg(format('(%s,{fields})', sequence, {columns}), ',' \
             ORDER BY sequence) || ';' FROM {table} WHERE sequence BETWEEN first AND least(first + {BATCH} - 1, {events}))"
        )
    });
    let batches = format!(
        "SELECT 'BEGIN;' || {} || 'COMMIT;' FROM generate_series(1, {events}, {BATCH}) AS first ORDER BY first",
        inserts.collect::<Vec<_>>().join(" || ")
    );
    let mut write = house.psql("audit");
    command::quiet(write.args(["-qAt", "-c", &batches, "-o"]).arg(&statements), stop)?;
    let begun = Instant::now();
    command::quiet(house.psql("audit").args(["-qAt", "-f"]).arg(&statements), stop)?;
    let took = begun.elapsed();
    std::fs::remove_file(&statements)?;
    for (table, _) in tables {
        let rows: u64 =
            house.query("audit", &format!("SELECT count(*) FROM again_{table}"), stop)?.parse()?;
        ensure!(rows == events, "{rows} rows of {table} were inserted instead of {events}");
    }
    Ok(events as f64 / took.as_secs_f64())
}

/// What audit takes at each mark.
fn watch(house: &House, running: &Running, events: u64, stop: &Stop) -> anyhow::Result<Vec<(u64, f64)>> {
    let mut seen = Vec::new();
    for mark in MARKS.map(|part| events * part / 100) {
        wait(house, mark, stop)?;
        seen.push((mark, running.resident("audit")?));
    }
    Ok(seen)
}
