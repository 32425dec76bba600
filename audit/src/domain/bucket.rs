use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Timelike};
use shared::clock::Timestamp;

/// What the numbers are kept by: each event is counted once under each of them. All are of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// A whole hour.
    Hour,
    /// A calendar day.
    Day,
    /// Seven days from Monday on (ISO 8601).
    Week,
    /// A calendar month.
    Month,
}

/// What the numbers are shown by. All are of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// A whole hour.
    Hour,
    /// A calendar day.
    Day,
    /// Seven days from Monday on (ISO 8601).
    Week,
}

fn midnight(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn whole_hour(at: Timestamp) -> Timestamp {
    at.with_minute(0).and_then(|at| at.with_second(0)).and_then(|at| at.with_nanosecond(0)).unwrap_or(at)
}

impl Grain {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Its name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The beginning of the one that `at` lies in.
    #[must_use]
    pub fn start(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Hour => whole_hour(at),
            Self::Day => midnight(at.date_naive()),
            Self::Week => {
                let day = at.date_naive();
                let since_monday = Days::new(day.weekday().num_days_from_monday().into());
                midnight(day.checked_sub_days(since_monday).unwrap_or(day))
            }
            Self::Month => {
                let day = at.date_naive();
                midnight(day.with_day(1).unwrap_or(day))
            }
        }
    }

    /// The beginning of the one after that which begins at `start`. At the end of time it stays there.
    pub(super) fn next(self, start: Timestamp) -> Timestamp {
        let next = match self {
            Self::Hour => start.checked_add_signed(TimeDelta::hours(1)),
            Self::Day => start.checked_add_days(Days::new(1)),
            Self::Week => start.checked_add_days(Days::new(7)),
            Self::Month => start.checked_add_months(Months::new(1)),
        };
        next.unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
    }

    /// What is left over of a time beside whole ones of it is made up of these.
    pub(super) const fn finer(self) -> Option<Self> {
        match self {
            Self::Hour => None,
            Self::Day => Some(Self::Hour),
            Self::Week => Some(Self::Day),
            Self::Month => Some(Self::Week),
        }
    }
}

impl Bucket {
    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// The longest time that may be shown by these: some hundreds of them.
    #[must_use]
    pub const fn longest(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::days(31),
            Self::Day => TimeDelta::days(731),
            Self::Week => TimeDelta::days(3_660),
        }
    }

    /// The one that a time of this length is told best by.
    #[must_use]
    pub fn fitting(length: TimeDelta) -> Self {
        match length.num_days() {
            ..=3 => Self::Hour,
            4..=186 => Self::Day,
            _ => Self::Week,
        }
    }

    /// What its numbers are read from. A week that lies in a time only in part is made of days.
    #[must_use]
    pub const fn grain(self) -> Grain {
        match self {
            Self::Hour => Grain::Hour,
            Self::Day | Self::Week => Grain::Day,
        }
    }

    /// The beginning of the one that `at` lies in.
    #[must_use]
    pub fn start(self, at: Timestamp) -> Timestamp {
        self.itself().start(at)
    }

    /// The beginning of the one after that which begins at `start`.
    pub(super) fn next(self, start: Timestamp) -> Timestamp {
        self.itself().next(start)
    }

    const fn itself(self) -> Grain {
        match self {
            Self::Hour => Grain::Hour,
            Self::Day => Grain::Day,
            Self::Week => Grain::Week,
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
