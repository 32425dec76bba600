//! A clock's way: when it runs, when it stands still, and how far it has come.

use chrono::{DateTime, ParseResult, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::calendar::{Calendar, Span};

/// A time in which a clock stands still because the requester has been asked something; without an end, still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Option<Timestamp>,
}

/// A pause as it was serialised.
#[derive(Deserialize)]
struct Written<'a> {
    from: &'a str,
    to: Option<&'a str>,
}

impl Pause {
    /// Reads what [`super::Sla::pauses_text`] wrote; nothing when it is something else.
    pub fn list_of(json: &str) -> Option<Vec<Pause>> {
        // Every ticket of every list has them, and chrono's own `Deserialize` takes four times as long as this reader.
        let time = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
        let read =
            |pause: Written| Ok(Pause { from: time(pause.from)?, to: pause.to.map(time).transpose()? });
        let written: Vec<Written> = serde_json::from_str(json).ok()?;
        written.into_iter().map(read).collect::<ParseResult<_>>().ok()
    }
}

/// A clock that was started once and runs in the calendar's hours, except in its pauses.
#[derive(Debug, Clone, Copy)]
pub struct Running<'a> {
    /// When it was started.
    pub start: Timestamp,
    /// Its pauses, in their order.
    pub pauses: &'a [Pause],
    /// The hours it runs in.
    pub calendar: &'a Calendar,
}

/// A part of a clock's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// When.
    pub span: Span,
    /// What the clock did.
    pub state: State,
}

/// What a clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It waits for the requester.
    Paused,
    /// Nobody works.
    OffHours,
}

/// Where a clock ends that would never get there: no calendar is made for so long.
const NEVER: TimeDelta = TimeDelta::days(3660);

impl Running<'_> {
    /// When the clock has run for `target`.
    pub fn reaches(&self, target: TimeDelta) -> Timestamp {
        let (mut at, mut left) = (self.start, target);
        while let Some(span) = self.runs_from(at) {
            if left <= span.length() {
                return span.from + left;
            }
            left -= span.length();
            at = span.to;
        }
        self.start + NEVER
    }

    /// For how long it has run by `until`.
    pub fn elapsed(&self, until: Timestamp) -> TimeDelta {
        self.runs(self.start, until).map(|span| span.length()).sum()
    }

    /// For how long it will run from `from` to `until`.
    pub fn between(&self, from: Timestamp, until: Timestamp) -> TimeDelta {
        self.runs(from, until).map(|span| span.length()).sum()
    }

    /// How long its pauses have been by `until`, whether anybody worked or not.
    pub fn paused(&self, until: Timestamp) -> TimeDelta {
        let length = |pause: &Pause| pause.to.map_or(until, |to| to.min(until)) - pause.from.min(until);
        self.pauses.iter().map(length).sum()
    }

    /// All of its way until `until`, in order and without a gap: the lengths add up to the time that has passed.
    pub fn intervals(&self, until: Timestamp) -> Vec<Interval> {
        let mut intervals = Vec::new();
        let mut at = self.start;
        for run in self.runs(self.start, until) {
            self.rest(at, run.from, &mut intervals);
            push(&mut intervals, run, State::Running);
            at = run.to;
        }
        self.rest(at, until, &mut intervals);
        intervals
    }

    /// A time in which the clock did not run, told apart by why.
    fn rest(&self, from: Timestamp, to: Timestamp, intervals: &mut Vec<Interval>) {
        let mut at = from;
        for pause in self.pauses {
            let (begin, end) =
                (pause.from.clamp(at, to.max(at)), pause.to.unwrap_or(to).clamp(at, to.max(at)));
            push(intervals, Span { from: at, to: begin }, State::OffHours);
            push(intervals, Span { from: begin, to: end }, State::Paused);
            at = end.max(begin);
        }
        push(intervals, Span { from: at, to }, State::OffHours);
    }

    fn runs(&self, from: Timestamp, until: Timestamp) -> impl Iterator<Item = Span> {
        let mut at = from;
        std::iter::from_fn(move || {
            let span = self.runs_from(at).filter(|span| span.from < until)?;
            at = span.to;
            Some(Span { from: span.from, to: span.to.min(until) })
        })
    }

    /// What is left, at `at`, of the stretch in which the clock runs then, or the next one.
    fn runs_from(&self, at: Timestamp) -> Option<Span> {
        let mut at = at;
        loop {
            let span = self.calendar.working_from(at)?;
            let covering = self
                .pauses
                .iter()
                .find(|pause| pause.from <= span.from && pause.to.is_none_or(|to| to > span.from));
            match covering {
                Some(pause) => at = pause.to?,
                None => {
                    let next = self.pauses.iter().map(|pause| pause.from).find(|from| *from > span.from);
                    return Some(Span {
                        from: span.from,
                        to: next.map_or(span.to, |next| span.to.min(next)),
                    });
                }
            }
        }
    }
}

fn push(intervals: &mut Vec<Interval>, span: Span, state: State) {
    if span.from >= span.to {
        return;
    }
    match intervals.last_mut() {
        Some(before) if before.state == state && before.span.to == span.from => before.span.to = span.to,
        _ => intervals.push(Interval { span, state }),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::calendar::BusinessHours;

    fn minutes(minutes: i64) -> TimeDelta {
        TimeDelta::minutes(minutes)
    }

    /// Calendars in zones that change their clocks at different times, by different amounts, or not at all.
    fn any_calendar() -> impl Strategy<Value = Calendar> {
        let weeks = prop::sample::select(vec![
            "mon-fri 09:00-17:00",
            "mon-fri 09:00-12:00, mon-fri 13:30-18:00, sat 10:00-12:00",
            "mon-sun 00:00-24:00",
            "sat-sun 01:30-03:30",
            "wed 02:15-02:45",
        ]);
        let zones = prop::sample::select(vec![
            chrono_tz::Europe::Paris,
            chrono_tz::America::New_York,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::Asia::Kolkata,
            chrono_tz::Pacific::Apia,
        ]);
        let holidays = prop::collection::btree_set(0..36_000u32, 0..40);
        let business = (weeks, zones, holidays).prop_map(|(week, zone, days)| {
            let first: chrono::NaiveDate = "2000-01-01".parse().unwrap();
            Calendar::Business(Box::new(BusinessHours {
                zone,
                week: week.parse().unwrap(),
                holidays: days.into_iter().map(|day| first + TimeDelta::days(i64::from(day))).collect(),
            }))
        });
        prop_oneof![Just(Calendar::Always), business]
    }

    /// From 2000 to 2100, often within days of a change of clocks or a leap day.
    fn any_start() -> impl Strategy<Value = Timestamp> {
        let edges = prop::sample::select(vec![
            "2026-03-29T00:59:59Z",
            "2026-10-25T00:59:59Z",
            "2028-02-28T23:00:00Z",
            "2026-03-08T06:59:00Z",
            "2011-12-29T09:00:00Z",
        ]);
        let edge = (edges, -200_000..200_000i64)
            .prop_map(|(edge, seconds)| edge.parse::<Timestamp>().unwrap() + TimeDelta::seconds(seconds));
        let any = (946_684_800_000_000..4_102_444_800_000_000i64)
            .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap());
        prop_oneof![edge, any]
    }

    /// Pauses behind each other, the last of which may still go on.
    fn pauses(start: Timestamp, steps: &[(i64, i64)], open: bool) -> Vec<Pause> {
        let mut at = start;
        let mut pauses: Vec<Pause> = Vec::new();
        for (run, rest) in steps {
            let from = at + minutes(*run);
            at = from + minutes(*rest);
            pauses.push(Pause { from, to: Some(at) });
        }
        if open && let Some(last) = pauses.last_mut() {
            last.to = None;
        }
        pauses
    }

    fn any_steps() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((0..3000i64, 0..3000i64), 0..5)
    }

    proptest! {
        #[test]
        fn the_intervals_always_add_up(
            calendar in any_calendar(), start in any_start(), steps in any_steps(), open: bool, until in 0..40_000i64,
        ) {
            let pauses = pauses(start, &steps, open);
            let clock = Running { start, pauses: &pauses, calendar: &calendar };
            let until = start + minutes(until);
            let intervals = clock.intervals(until);

            let total: TimeDelta = intervals.iter().map(|interval| interval.span.length()).sum();
            prop_assert_eq!(total, until - start);
            let mut at = start;
            for interval in &intervals {
                prop_assert_eq!(interval.span.from, at, "no gap and no overlap");
                at = interval.span.to;
            }
            let of = |state| -> TimeDelta {
                intervals.iter().filter(|it| it.state == state).map(|it| it.span.length()).sum()
            };
            prop_assert_eq!(of(State::Running), clock.elapsed(until));
            prop_assert!(of(State::Paused) <= clock.paused(until));
        }

        #[test]
        fn a_clock_has_run_for_its_target_when_it_reaches_it_and_not_before(
            calendar in any_calendar(), start in any_start(), steps in any_steps(), target in 1..5000i64,
        ) {
            let pauses = pauses(start, &steps, false);
            let clock = Running { start, pauses: &pauses, calendar: &calendar };
            let target = minutes(target);
            let due = clock.reaches(target);
            prop_assert_eq!(clock.elapsed(due), target);
            prop_assert!(clock.elapsed(due - TimeDelta::microseconds(1)) < target);
        }

        #[test]
        fn a_pause_moves_the_end_by_as_much_where_work_never_stops(
            start in any_start(), run in 0..600i64, rest in 0..100_000i64, target in 600..5000i64,
        ) {
            let calendar = Calendar::Always;
            let pauses = pauses(start, &[(run, rest)], false);
            let without = Running { start, pauses: &[], calendar: &calendar };
            let with = Running { start, pauses: &pauses, calendar: &calendar };
            prop_assert_eq!(with.reaches(minutes(target)), without.reaches(minutes(target)) + minutes(rest));
        }

        #[test]
        fn what_has_run_and_what_is_left_make_the_target(
            calendar in any_calendar(), start in any_start(), steps in any_steps(), target in 1..5000i64, share in 0..100i32,
        ) {
            let pauses = pauses(start, &steps, false);
            let clock = Running { start, pauses: &pauses, calendar: &calendar };
            let due = clock.reaches(minutes(target));
            let now = start + (due - start) * share / 100;
            prop_assert_eq!(clock.elapsed(now) + clock.between(now, due), minutes(target));
        }
    }

    #[test]
    fn an_open_pause_stops_the_clock_for_good() {
        let start = DateTime::UNIX_EPOCH;
        let pauses = [Pause { from: start + minutes(10), to: None }];
        let clock = Running { start, pauses: &pauses, calendar: &Calendar::Always };
        assert_eq!(clock.elapsed(start + minutes(500)), minutes(10));
        assert_eq!(clock.paused(start + minutes(500)), minutes(490));
        assert_eq!(clock.reaches(minutes(10)), start + minutes(10));
        assert_eq!(clock.reaches(minutes(11)), start + NEVER);
    }
}
