use std::{fmt, str::FromStr};

use chrono::{DurationRound, TimeDelta};
use shared::clock::Timestamp;

/// The hour of the day, in universal time, at which the daily mails go out.
const HOUR_OF_THE_DAY: i64 = 7;

/// How often somebody wants to get mails that may wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rhythm {
    /// Each by itself.
    #[default]
    Immediately,
    /// Together, at every full hour.
    Hourly,
    /// Together, once a day.
    Daily,
}

impl Rhythm {
    const ALL: [Self; 3] = [Self::Immediately, Self::Hourly, Self::Daily];

    /// The name, as in `hourly`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Immediately => "immediately",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
        }
    }

    /// When the window ends that `now` lies in; `None` when nothing waits.
    #[must_use]
    pub fn window_end(self, now: Timestamp) -> Option<Timestamp> {
        let (length, offset) = match self {
            Self::Immediately => return None,
            Self::Hourly => (TimeDelta::hours(1), TimeDelta::zero()),
            Self::Daily => (TimeDelta::days(1), TimeDelta::hours(HOUR_OF_THE_DAY)),
        };
        let began = (now - offset).duration_trunc(length).unwrap_or(now);
        Some(began + offset + length)
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is none of a rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is one of immediately, hourly, daily")]
pub struct UnknownRhythm;

impl FromStr for Rhythm {
    type Err = UnknownRhythm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|rhythm| rhythm.as_str() == name).ok_or(UnknownRhythm)
    }
}

#[cfg(test)]
mod tests {
    use super::Rhythm;

    #[test]
    fn a_window_ends_at_the_full_hour_or_at_seven() {
        for (rhythm, now, end) in [
            (Rhythm::Hourly, "2026-01-31T10:00:00Z", "2026-01-31T11:00:00Z"),
            (Rhythm::Hourly, "2026-01-31T23:59:59.999999Z", "2026-02-01T00:00:00Z"),
            (Rhythm::Daily, "2026-01-31T06:59:59Z", "2026-01-31T07:00:00Z"),
            (Rhythm::Daily, "2026-01-31T07:00:00Z", "2026-02-01T07:00:00Z"),
        ] {
            assert_eq!(rhythm.window_end(now.parse().unwrap()), Some(end.parse().unwrap()), "{rhythm} {now}");
        }
        assert_eq!(Rhythm::Immediately.window_end("2026-01-31T10:00:00Z".parse().unwrap()), None);
        assert!("weekly".parse::<Rhythm>().is_err());
    }
}
