use std::ops::RangeInclusive;

use chrono::TimeDelta;
use shared::clock::Timestamp;

/// What the consumer was handed may take so long until it is committed.
const GRACE: TimeDelta = TimeDelta::seconds(3);
/// A hole that is open for longer is told of.
const OVERDUE: TimeDelta = TimeDelta::seconds(120);
/// What was asked for in vain is asked for again after that long, then twice that, and so on.
const PATIENCE: TimeDelta = TimeDelta::seconds(10);
/// Nothing is asked for more seldom than that: an outbox may have been restored.
const SELDOM: TimeDelta = TimeDelta::hours(1);

/// How far audit's consumer was at a look, in the stream's own numbers.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The last that the stream has given.
    pub end: u64,
    /// The last that was handed to the consumer.
    pub read: u64,
}

/// What is missing of one service's events, remembered from look to look. Times are known to this process only: after a
/// start they begin anew.
#[derive(Debug, Default)]
pub struct Holes(Vec<Hole>);

#[derive(Clone, Debug)]
struct Hole {
    numbers: RangeInclusive<i64>,
    /// What has not come when the consumer has read so far is not on its way; `None` until the next look says how far
    /// that is.
    mark: Option<u64>,
    passed: bool,
    /// When the consumer had passed the mark for the first time.
    since: Option<Timestamp>,
    missing: bool,
    /// How often it was asked for without any of it coming.
    tries: u32,
    again_at: Timestamp,
    told: bool,
}

impl Holes {
    /// Takes in which numbers had not arrived at a look; answers how many arrived of those that had been missing.
    pub fn look(&mut self, found: Vec<RangeInclusive<i64>>, reading: Reading, now: Timestamp) -> u64 {
        let known = std::mem::take(&mut self.0);
        for numbers in found {
            let before = known.iter().find(|hole| overlap(&hole.numbers, &numbers) > 0);
            let mut hole = match before {
                Some(hole) if hole.numbers == numbers => hole.clone(),
                // Some of it has come, so the rest may as well.
                Some(hole) if overlap(&hole.numbers, &numbers) == len(&numbers) => {
                    Hole { numbers, tries: 0, again_at: now, ..hole.clone() }
                }
                // What was published since the last look is still on its way.
                Some(hole) => Hole { numbers, mark: None, tries: 0, again_at: now, ..hole.clone() },
                None => Hole::new(numbers, now),
            };
            // A stream that was made anew counts from 1 again.
            let mark = hole.mark.unwrap_or(reading.end).min(reading.end);
            hole.mark = Some(mark);
            hole.passed = reading.read >= mark;
            if hole.passed {
                hole.since.get_or_insert(now);
            }
            hole.missing = hole.since.is_some_and(|since| now - since >= GRACE);
            self.0.push(hole);
        }
        known.iter().filter(|hole| hole.missing).map(|hole| hole.arrived(&self.0)).sum()
    }

    /// How many holes there are. What is still on its way makes none.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.iter().filter(|hole| hole.missing).count()
    }

    /// What to ask for now, the lowest first: at most so many ranges and so many events, and nothing below `oldest`, which
    /// nobody has any more.
    #[must_use]
    pub fn due(&self, oldest: i64, ranges: usize, events: u64, now: Timestamp) -> Vec<RangeInclusive<i64>> {
        let mut left = i64::try_from(events).unwrap_or(i64::MAX);
        let mut due = Vec::new();
        for hole in self.0.iter().filter(|hole| hole.missing && hole.passed && hole.again_at <= now) {
            let first = oldest.max(*hole.numbers.start());
            let last = first.saturating_add(left - 1).min(*hole.numbers.end());
            if first <= last && due.len() < ranges {
                left -= last - first + 1;
                due.push(first..=last);
            }
        }
        due
    }

    /// Remembers that these were asked for: they are on their way again, or asked for more seldom.
    pub fn asked(&mut self, ranges: &[RangeInclusive<i64>], now: Timestamp) {
        for hole in &mut self.0 {
            if ranges.iter().any(|range| overlap(&hole.numbers, range) > 0) {
                hole.mark = None;
                hole.again_at = now + (PATIENCE * (1 << hole.tries.min(10))).min(SELDOM);
                hole.tries += 1;
            }
        }
    }

    /// Those that are open for over 120 s; each is told once.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<RangeInclusive<i64>> {
        let mut overdue = Vec::new();
        for hole in &mut self.0 {
            if !hole.told && hole.since.is_some_and(|since| now - since > OVERDUE) {
                hole.told = true;
                overdue.push(hole.numbers.clone());
            }
        }
        overdue
    }
}

impl Hole {
    fn new(numbers: RangeInclusive<i64>, now: Timestamp) -> Self {
        Self {
            numbers,
            mark: None,
            passed: false,
            since: None,
            missing: false,
            tries: 0,
            again_at: now,
            told: false,
        }
    }

    /// How many of its numbers are in none of these.
    fn arrived(&self, holes: &[Self]) -> u64 {
        len(&self.numbers) - holes.iter().map(|hole| overlap(&self.numbers, &hole.numbers)).sum::<u64>()
    }
}

/// How many numbers two ranges have in common.
fn overlap(one: &RangeInclusive<i64>, other: &RangeInclusive<i64>) -> u64 {
    len(&(*one.start().max(other.start())..=*one.end().min(other.end())))
}

fn len(range: &RangeInclusive<i64>) -> u64 {
    u64::try_from(range.end() - range.start() + 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything was handed to the consumer.
    const READ: Reading = Reading { end: 9, read: 9 };

    fn at(seconds: i64) -> Timestamp {
        "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::seconds(seconds)
    }

    fn due(holes: &Holes, seconds: i64) -> Vec<RangeInclusive<i64>> {
        holes.due(1, 64, 2_000, at(seconds))
    }

    #[test]
    fn a_hole_is_asked_for_when_it_is_seen_again_after_the_grace() {
        let mut holes = Holes::default();
        holes.look(vec![3..=4], READ, at(0));
        assert_eq!((holes.open(), due(&holes, 0)), (0, vec![]));
        holes.look(vec![3..=4], READ, at(2));
        assert_eq!((holes.open(), due(&holes, 2)), (0, vec![]));
        holes.look(vec![3..=4], READ, at(3));
        assert_eq!((holes.open(), due(&holes, 3)), (1, vec![3..=4]));
    }

    #[test]
    fn what_the_consumer_has_still_before_it_is_no_hole() {
        let mut holes = Holes::default();
        for (seconds, read) in [(0, 10), (60, 500), (300, 999)] {
            holes.look(vec![11..=1_000], Reading { end: 1_000, read }, at(seconds));
            assert_eq!((holes.open(), due(&holes, seconds)), (0, vec![]), "{read} of 1000 are read");
        }
        assert_eq!(holes.overdue(at(300)), []);
        // The consumer has read on to where the stream ended at the first look, which meanwhile has grown.
        holes.look(vec![11..=1_000], Reading { end: 2_000, read: 1_000 }, at(301));
        holes.look(vec![11..=1_000], Reading { end: 3_000, read: 2_000 }, at(304));
        assert_eq!((holes.open(), due(&holes, 304)), (1, vec![11..=1_000]));
    }

    #[test]
    fn a_stream_that_counts_from_the_start_again_hides_no_hole() {
        let mut holes = Holes::default();
        holes.look(vec![5..=5], Reading { end: 1_000_000, read: 999_000 }, at(0));
        holes.look(vec![5..=5], Reading { end: 20, read: 20 }, at(5));
        holes.look(vec![5..=5], Reading { end: 20, read: 20 }, at(10));
        assert_eq!(due(&holes, 10), [5..=5]);
    }

    #[test]
    fn what_does_not_come_is_asked_for_more_and_more_seldom() {
        let mut holes = Holes::default();
        let mut asked = Vec::new();
        for seconds in 0..16_000 {
            holes.look(vec![1..=9], READ, at(seconds));
            let due = due(&holes, seconds);
            if !due.is_empty() {
                holes.asked(&due, at(seconds));
                asked.push(seconds);
            }
        }
        let pauses: Vec<i64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600]);
    }

    #[test]
    fn when_some_of_it_comes_the_rest_is_asked_for_at_once() {
        let mut holes = Holes::default();
        holes.look(vec![1..=5_000], READ, at(0));
        holes.look(vec![1..=5_000], READ, at(5));
        assert_eq!(due(&holes, 5), [1..=2_000]);
        holes.asked(&[1..=2_000], at(5));
        // They are in the stream and the consumer has not read them all.
        assert_eq!(holes.look(vec![1_001..=5_000], Reading { end: 2_009, read: 1_009 }, at(10)), 1_000);
        assert_eq!(due(&holes, 10), []);
        assert_eq!(holes.look(vec![2_001..=5_000], Reading { end: 2_009, read: 2_009 }, at(15)), 1_000);
        assert_eq!(due(&holes, 15), [2_001..=4_000]);
        assert_eq!(holes.look(vec![], READ, at(20)), 3_000);
        assert_eq!(holes.open(), 0);
    }

    #[test]
    fn what_nobody_has_any_more_stays_open_and_is_not_asked_for() {
        let mut holes = Holes::default();
        for seconds in [0, 5] {
            holes.look(vec![1..=3, 6..=8, 10..=10], READ, at(seconds));
        }
        assert_eq!(holes.open(), 3);
        assert_eq!(holes.due(7, 64, 2_000, at(5)), [7..=8, 10..=10]);
        assert_eq!(holes.due(11, 64, 2_000, at(5)), []);
        assert_eq!(holes.due(1, 2, 2_000, at(5)), [1..=3, 6..=8]);
        assert_eq!(holes.due(1, 64, 4, at(5)), [1..=3, 6..=6]);
    }

    #[test]
    fn a_hole_that_is_open_for_two_minutes_is_told_once() {
        let mut holes = Holes::default();
        holes.look(vec![2..=2, 4..=6], READ, at(0));
        holes.look(vec![2..=2, 4..=6], READ, at(120));
        assert_eq!(holes.overdue(at(120)), []);
        // One of the three has come, and nothing new.
        holes.look(vec![2..=2, 4..=4, 6..=6], READ, at(121));
        assert_eq!(holes.overdue(at(121)), [2..=2, 4..=4, 6..=6]);
        holes.look(vec![2..=2, 4..=4, 6..=6], READ, at(500));
        assert_eq!(holes.overdue(at(500)), []);
    }

    #[test]
    fn a_hole_at_the_end_that_grows_is_the_same_hole_and_waits_for_what_is_new() {
        let mut holes = Holes::default();
        holes.look(vec![5..=5], READ, at(0));
        holes.look(vec![5..=6], Reading { end: 10, read: 9 }, at(5));
        assert_eq!((holes.open(), due(&holes, 5)), (1, vec![]));
        holes.look(vec![5..=6], Reading { end: 10, read: 10 }, at(6));
        assert_eq!(due(&holes, 6), [5..=6]);
    }
}
