//! The script for psql: month by month, day by day.

use std::io::Write;

use audit::domain::{Grain, Signer};
use chrono::{Datelike, Months, TimeDelta};
use shared::{
    clock::{Timestamp, rfc3339},
    config::Secret,
    vault::derive,
};

use crate::{
    chain::{self, Chain},
    counted::Counted,
    times,
    world::World,
};

/// What is written besides the trail.
const METRICS: &str =
    "metrics (grain, dimension, starts_at, name, value, count, timed, total_ms, least_ms, most_ms)";
const KEYS: &str = "person_keys (person_id, personal_key, created_at)";
const CHECKPOINTS: &str = "checkpoints (sequence, hash, recorded_at, key_id, signature)";

/// Writes `count` events of `months` months up to `until` as the tables of audit, for psql. The trail is signed by the key that
/// follows from this `AUDIT_SECRET`.
///
/// # Errors
/// When nothing can be written.
pub fn write_trail(
    world: &mut World,
    secret: &Secret,
    count: u64,
    months: u32,
    until: Timestamp,
    to: &mut impl Write,
) -> anyhow::Result<()> {
    let signer = Signer::of(&derive(secret, "audit", "checkpoints"));
    let until = Grain::Hour.start(until);
    let from = until.checked_sub_months(Months::new(months)).unwrap_or(until);
    let mut work = Work {
        chain: Chain::empty(signer, from),
        counted: Counted::none(),
        checkpoints: Vec::new(),
        day: None,
        last: None,
    };
    for (hour, many) in times::hours(from, until, count) {
        for at in times::moments(hour, many, &mut world.random) {
            let event = world.happen(at);
            // A relay and a consumer take that long.
            let late = TimeDelta::microseconds(i64::try_from(5_000 + world.random.below(95_000))?);
            let recorded_at = (at + late).max(work.chain.recorded_at());
            work.turn(recorded_at, to)?;
            work.counted.add(&event);
            work.chain.add(&event, recorded_at, to)?;
        }
    }
    work.counted.close();
    work.end_day(to)?;
    work.end_month(to)?;
    for (source, last) in world.sequences().iter().filter(|(_, last)| *last > 0) {
        writeln!(to, "INSERT INTO arrivals (service, first, last) VALUES ('{source}', 1, {last});")?;
    }
    Ok(to.flush()?)
}

struct Work {
    chain: Chain,
    counted: Counted,
    checkpoints: Vec<u8>,
    /// Whose rows are being written.
    day: Option<Timestamp>,
    /// When the last row was recorded.
    last: Option<Timestamp>,
}

impl Work {
    /// Ends what is over before a row of this moment is written, and begins what begins with it.
    fn turn(&mut self, at: Timestamp, to: &mut impl Write) -> anyhow::Result<()> {
        if self.last.is_some_and(|last| Grain::Hour.start(last) != Grain::Hour.start(at)) {
            self.checkpoints.extend(chain::row(&self.chain.end()).into_bytes());
        }
        self.last = Some(at);
        let day = Grain::Day.start(at);
        let before = self.day.replace(day);
        if before == Some(day) {
            return Ok(());
        }
        let is_new_month = before.is_none_or(|before| Grain::Month.start(before) != Grain::Month.start(day));
        if before.is_some() {
            self.end_day(to)?;
            if is_new_month {
                self.end_month(to)?;
            }
        }
        if is_new_month {
            writeln!(to, "BEGIN;\nSELECT make_trail_partition('{}');", rfc3339(day))?;
        }
        // A table that was made in the same transaction takes rows that need no second look (FREEZE).
        let partition = format!("trail_{:04}_{:02}", day.year(), day.month());
        writeln!(to, "COPY {partition} ({}) FROM STDIN WITH (FREEZE);", chain::COLUMNS)?;
        Ok(())
    }

    fn end_day(&mut self, to: &mut impl Write) -> anyhow::Result<()> {
        writeln!(to, "\\.")?;
        let (metrics, keys) = (self.counted.take_rows(), self.chain.take_keys());
        for (table, rows) in
            [(METRICS, metrics), (KEYS, keys), (CHECKPOINTS, std::mem::take(&mut self.checkpoints))]
        {
            if !rows.is_empty() {
                writeln!(to, "COPY {table} FROM STDIN;")?;
                to.write_all(&rows)?;
                writeln!(to, "\\.")?;
            }
        }
        Ok(())
    }

    /// The month ends with the signed end of the trail: until the next one is committed too, the trail is whole without it.
    fn end_month(&mut self, to: &mut impl Write) -> anyhow::Result<()> {
        let end = self.chain.end();
        writeln!(
            to,
            "INSERT INTO trail_head (id, sequence, hash, recorded_at, key_id, signature) \
             VALUES (1, {}, '{}', '{}', '{}', '{}') ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, \
             hash = excluded.hash, recorded_at = excluded.recorded_at, key_id = excluded.key_id, \
             signature = excluded.signature;\nCOMMIT;\n\\echo {}",
            end.sequence,
            end.hash,
            rfc3339(end.recorded_at),
            end.key_id,
            end.signature,
            self.chain.length()
        )?;
        Ok(())
    }
}
