use std::{str::FromStr, time::Duration};

use shared::{clock::Timestamp, config::duration};

/// Nothing that is looked at is older.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Since when, as somebody writes it: `2h`, or `2026-11-27T08:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// For so long.
    Ago(Duration),
    /// Since then.
    At(Timestamp),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ago = duration(text).map(Self::Ago);
        ago.or_else(|_| text.parse().map(Self::At)).map_err(|_| {
            format!(
                "“{text}” is neither a duration, as in 30m, 2h or 7d, nor a time, as in 2026-11-27T08:00:00Z"
            )
        })
    }
}

impl Since {
    /// The moment that is meant, now.
    #[must_use]
    pub fn time(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(ago) => now - ago.min(LONGEST),
            Self::At(time) => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_or_a_time_is_taken() {
        let now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        let two_hours_ago: Timestamp = "2026-11-27T08:00:00Z".parse().unwrap();
        for text in ["2h", "120m", "2026-11-27T08:00:00Z", "2026-11-27T09:00:00+01:00"] {
            assert_eq!(text.parse::<Since>().unwrap().time(now), two_hours_ago, "{text}");
        }
        assert!("900000000d".parse::<Since>().unwrap().time(now) < now);
        for text in ["", "yesterday", "2", "-2h", "2026-13-01T00:00:00Z"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
