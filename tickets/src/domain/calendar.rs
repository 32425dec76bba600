//! When work is done. A clock runs only then.

use std::collections::BTreeSet;
use std::str::FromStr;

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;
use shared::clock::Timestamp;

/// Day and night, or the hours of a week in one time zone but for holidays.
#[derive(Debug, Clone, Default)]
pub enum Calendar {
    /// Day and night: the specification's table as it is written.
    #[default]
    Always,
    /// In business hours.
    Business(Box<BusinessHours>),
}

/// A working week somewhere.
#[derive(Debug, Clone)]
pub struct BusinessHours {
    /// Where its hours are those on the clock on the wall, summer time and all.
    pub zone: Tz,
    /// Its hours.
    pub week: Week,
    /// The days on which nobody works.
    pub holidays: BTreeSet<NaiveDate>,
}

/// The working hours of each weekday, Monday first: minutes of the day, from and to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week([Vec<(u32, u32)>; 7]);

/// A stretch of time; its end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment behind it.
    pub to: Timestamp,
}

impl Span {
    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.to - self.from
    }
}

const MIDNIGHT: u32 = 24 * 60;
/// A calendar without a working day in ten years has none.
const FURTHEST_DAYS: u64 = 3660;

impl Calendar {
    /// What is left, at `at`, of the stretch of work that goes on then, or the next one.
    pub fn working_from(&self, at: Timestamp) -> Option<Span> {
        match self {
            Self::Always => Some(Span { from: at, to: DateTime::<chrono::Utc>::MAX_UTC }),
            Self::Business(hours) => hours.working_from(at),
        }
    }
}

impl BusinessHours {
    fn working_from(&self, at: Timestamp) -> Option<Span> {
        let today = at.with_timezone(&self.zone).date_naive();
        // Yesterday's midnight may lie within today where the clocks were just changed.
        let first = today.pred_opt()?;
        (0..FURTHEST_DAYS)
            .filter_map(|days| first.checked_add_days(Days::new(days)))
            .flat_map(|day| self.spans(day))
            .find(|span| span.to > at)
            .map(|span| Span { from: span.from.max(at), to: span.to })
    }

    /// The stretches of work of one day.
    fn spans(&self, day: NaiveDate) -> Vec<Span> {
        if self.holidays.contains(&day) {
            return Vec::new();
        }
        let hours = &self.week.0[chrono::Datelike::weekday(&day).num_days_from_monday() as usize];
        let mut spans: Vec<Span> = Vec::with_capacity(hours.len());
        for (from, to) in hours {
            let (Some(from), Some(to)) = (self.moment(day, *from, false), self.moment(day, *to, true)) else {
                continue;
            };
            // An hour that comes twice, in autumn, is not counted twice.
            let from = spans.last().map_or(from, |before| from.max(before.to));
            if from < to {
                spans.push(Span { from, to });
            }
        }
        spans
    }

    /// The moment of a minute of a local day. Of an hour that comes twice a stretch takes all; an hour that is left out
    /// is read as if the clocks had not been changed yet.
    fn moment(&self, day: NaiveDate, minute: u32, is_end: bool) -> Option<Timestamp> {
        let (day, minute) = if minute == MIDNIGHT { (day.succ_opt()?, 0) } else { (day, minute) };
        let local = day.and_time(NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0)?);
        let read = |local| match self.zone.from_local_datetime(&local) {
            LocalResult::Single(at) => Some(at),
            LocalResult::Ambiguous(first, second) => Some(if is_end { second } else { first }),
            LocalResult::None => None,
        };
        let unchanged = || {
            // Changes take an hour at most; a whole day was left out once, in Samoa.
            [3, 27].into_iter().map(TimeDelta::hours).find_map(|back| Some(read(local - back)? + back))
        };
        read(local).or_else(unchanged).map(|at| at.to_utc())
    }
}

/// Why hours are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeekFault {
    /// Not of the form.
    #[error("{0:?} is not of the form `mon-fri 09:00-17:30`")]
    Form(String),
    /// The end is not behind the beginning.
    #[error("{0:?} ends before it begins")]
    Backwards(String),
    /// Nothing at all.
    #[error("has no hours; without any, no clock would ever run")]
    Empty,
}

impl FromStr for Week {
    type Err = WeekFault;

    /// Reads `mon-fri 09:00-12:00, mon-thu 13:00-17:30, sat 10:00-24:00`.
    fn from_str(text: &str) -> Result<Self, WeekFault> {
        let mut week = Self(Default::default());
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let form = || WeekFault::Form(part.to_owned());
            let (days, hours) = part.split_once(' ').ok_or_else(form)?;
            let (from, to) = hours.trim().split_once('-').ok_or_else(form)?;
            let (from, to) = (minute(from).ok_or_else(form)?, minute(to).ok_or_else(form)?);
            if from >= to {
                return Err(WeekFault::Backwards(part.to_owned()));
            }
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let mut day: Weekday = first.parse().map_err(|_| form())?;
            let last: Weekday = last.parse().map_err(|_| form())?;
            loop {
                week.0[day.num_days_from_monday() as usize].push((from, to));
                if day == last {
                    break;
                }
                day = day.succ();
            }
        }
        if week.0.iter().all(Vec::is_empty) {
            return Err(WeekFault::Empty);
        }
        week.0.iter_mut().for_each(merge);
        Ok(week)
    }
}

/// `09:30`, up to `24:00`, as minutes of the day.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u32>().ok()).flatten();
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (minute < 60 && hour * 60 + minute <= MIDNIGHT).then_some(hour * 60 + minute)
}

/// Sorts the hours of a day and joins those that touch.
fn merge(hours: &mut Vec<(u32, u32)>) {
    hours.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(hours.len());
    for (from, to) in hours.drain(..) {
        match merged.last_mut() {
            Some(before) if from <= before.1 => before.1 = before.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    *hours = merged;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris(week: &str, holidays: &[&str]) -> Calendar {
        Calendar::Business(Box::new(BusinessHours {
            zone: chrono_tz::Europe::Paris,
            week: week.parse().unwrap(),
            holidays: holidays.iter().map(|day| day.parse().unwrap()).collect(),
        }))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn work_is_found_where_it_is() {
        let calendar = paris("mon-fri 09:00-12:00, mon-fri 13:00-18:00", &["2026-05-01"]);
        for (from, span) in [
            // Thursday morning, in summer: Paris is two hours ahead.
            ("2026-04-30T05:00:00Z", ("2026-04-30T07:00:00Z", "2026-04-30T10:00:00Z")),
            ("2026-04-30T08:30:00Z", ("2026-04-30T08:30:00Z", "2026-04-30T10:00:00Z")),
            ("2026-04-30T10:00:00Z", ("2026-04-30T11:00:00Z", "2026-04-30T16:00:00Z")),
            // A holiday, and the weekend behind it.
            ("2026-04-30T16:00:00Z", ("2026-05-04T07:00:00Z", "2026-05-04T10:00:00Z")),
        ] {
            let found = calendar.working_from(at(from)).unwrap();
            assert_eq!((found.from, found.to), (at(span.0), at(span.1)), "{from}");
        }
    }

    #[test]
    fn a_day_on_which_the_clocks_change_has_the_hours_that_it_has() {
        let calendar = paris("mon-sun 00:00-24:00", &[]);
        let BusinessHours { .. } = match &calendar {
            Calendar::Business(hours) => hours.as_ref(),
            Calendar::Always => unreachable!(),
        };
        for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24), ("2028-02-29", 24)] {
            let Calendar::Business(business) = &calendar else { unreachable!() };
            let spans = business.spans(day.parse().unwrap());
            let length: TimeDelta = spans.iter().map(Span::length).sum();
            assert_eq!(length, TimeDelta::hours(hours), "{day}");
        }
    }

    #[test]
    fn an_hour_that_is_left_out_or_comes_twice_is_no_trouble() {
        for (week, day, minutes) in [
            ("sun 02:15-02:45", "2026-03-29", 30),
            ("sun 01:00-02:30", "2026-10-25", 150),
            ("sun 01:00-02:30, sun 02:40-04:00", "2026-10-25", 240),
            ("sun 02:30-03:15", "2026-03-29", 0),
        ] {
            let Calendar::Business(business) = paris(week, &[]) else { unreachable!() };
            let spans = business.spans(day.parse().unwrap());
            let length: TimeDelta = spans.iter().map(Span::length).sum();
            assert_eq!(length, TimeDelta::minutes(minutes), "{week} on {day}");
        }
    }

    #[test]
    fn hours_are_read_and_faults_are_named() {
        let week: Week = "mon-tue 09:00-12:00, Tue 11:00-13:00, sat-sun 22:00-24:00".parse().unwrap();
        assert_eq!(week.0[0], [(540, 720)]);
        assert_eq!(week.0[1], [(540, 780)]);
        assert_eq!((&week.0[2], &week.0[6]), (&vec![], &vec![(1320, 1440)]));
        let over_the_week: Week = "sat-mon 10:00-11:00".parse().unwrap();
        assert!([0, 5, 6].iter().all(|day| over_the_week.0[*day] == [(600, 660)]));
        for (text, fault) in [
            ("", WeekFault::Empty),
            ("mon", WeekFault::Form("mon".into())),
            ("moon 09:00-10:00", WeekFault::Form("moon 09:00-10:00".into())),
            ("mon 9:00-10:00", WeekFault::Form("mon 9:00-10:00".into())),
            ("mon 09:00-24:01", WeekFault::Form("mon 09:00-24:01".into())),
            ("mon 09:60-10:00", WeekFault::Form("mon 09:60-10:00".into())),
            ("mon 10:00-10:00", WeekFault::Backwards("mon 10:00-10:00".into())),
        ] {
            assert_eq!(text.parse::<Week>(), Err(fault), "{text:?}");
        }
    }
}
