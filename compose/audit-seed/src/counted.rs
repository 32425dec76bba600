//! What the events come to in numbers, as rows of `metrics`: each is written once, when its time is over.

use std::{borrow::Cow, collections::HashMap, io::Write};

use audit::domain::{Grain, Tally, measures};
use shared::{
    clock::{Timestamp, rfc3339},
    events::Envelope,
};

/// Dimension, name, value.
type Key = (&'static str, Cow<'static, str>, String);

/// The numbers of the hour, day, week and month that it is.
pub struct Counted {
    open: Vec<(Grain, Timestamp, HashMap<Key, Tally>)>,
    rows: Vec<u8>,
}

impl Counted {
    /// Nothing yet.
    pub fn none() -> Self {
        Self { open: Vec::new(), rows: Vec::new() }
    }

    /// Counts an event; they come in the order of their times.
    pub fn add(&mut self, event: &Envelope) {
        let hour = Grain::Hour.start(event.timestamp);
        if self.open.first().is_none_or(|(_, start, _)| *start != hour) {
            self.turn(Some(hour));
        }
        let (_, _, hours) = &mut self.open[0];
        for measure in measures([event]) {
            let (dimension, value) = match &measure.dimension {
                Some(part) => (part.aspect().as_str(), part.value().to_owned()),
                None => ("", String::new()),
            };
            let sum = hours.entry((dimension, measure.name, value)).or_default();
            *sum = sum.and(measure.tally);
        }
    }

    /// The hour is over: it is added to its day, week and month, and those that end with it are written too.
    fn turn(&mut self, next: Option<Timestamp>) {
        if let Some((hours, coarser)) = self.open.split_first_mut() {
            for (key, tally) in &hours.2 {
                for (.., sums) in &mut *coarser {
                    let sum = sums.entry(key.clone()).or_default();
                    *sum = sum.and(*tally);
                }
            }
        }
        for (grain, start, sums) in std::mem::take(&mut self.open) {
            if next.is_some_and(|next| grain.start(next) == start) {
                self.open.push((grain, start, sums));
            } else {
                self.write(grain, start, sums);
            }
        }
        let Some(next) = next else { return };
        for grain in Grain::ALL {
            if !self.open.iter().any(|(known, ..)| *known == grain) {
                self.open.push((grain, grain.start(next), HashMap::new()));
            }
        }
        self.open.sort_by_key(|(grain, ..)| *grain);
    }

    fn write(&mut self, grain: Grain, start: Timestamp, sums: HashMap<Key, Tally>) {
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (grain, start) = (grain.as_str(), rfc3339(start));
        for ((dimension, name, value), Tally { count, durations }) in sums {
            let durations = durations.map_or_else(
                || "0\t0\t\\N\t\\N".to_owned(),
                |it| format!("{}\t{}\t{}\t{}", it.count, it.total_ms, it.least_ms, it.most_ms),
            );
            writeln!(self.rows, "{grain}\t{dimension}\t{start}\t{name}\t{value}\t{count}\t{durations}")
                .expect("memory can be written");
        }
    }

    /// The rows that are done since the last time, in the text form of `COPY`.
    pub fn take_rows(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.rows)
    }

    /// No more will come: what is still open is done too.
    pub fn close(&mut self) {
        self.turn(None);
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::world::World;

    #[test]
    fn every_grain_counts_every_event_once() {
        let begun: Timestamp = "2026-02-26T22:30:00Z".parse().unwrap();
        let (mut world, mut counted) = (World::new(1, 50), Counted::none());
        for minute in 0..6_000 {
            counted.add(&world.happen(begun + TimeDelta::minutes(minute)));
        }
        counted.close();
        let rows = String::from_utf8(counted.take_rows()).unwrap();
        for (grain, number) in [("hour", 101), ("day", 6), ("week", 2), ("month", 2)] {
            let of_all = rows.lines().map(|line| line.split('\t').collect::<Vec<_>>());
            let of_all = of_all.filter(|it| it[0] == grain && it[1].is_empty() && it[3] == "events_recorded");
            let counts: Vec<i64> = of_all.map(|it| it[5].parse().unwrap()).collect();
            assert_eq!((counts.iter().sum::<i64>(), counts.len()), (6_000, number), "{grain}");
        }
        let keys: std::collections::HashSet<_> =
            rows.lines().map(|line| line.split('\t').take(5).collect::<Vec<_>>()).collect();
        assert_eq!(keys.len(), rows.lines().count(), "a row is there twice");
    }
}
