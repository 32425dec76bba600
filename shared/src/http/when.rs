//! Times in queries, bodies and answers.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::clock::Timestamp;

/// A time as clients write and read it: RFC 3339, from the years 1970 to 9999, cut to microseconds. What lies beyond, a database
/// may refuse. It is answered in UTC, with no more digits than it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct When(pub Timestamp);

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        When(at)
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A page of tickets has two hundred times: to format them by chrono took a thirteenth of a list's time in its service.
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        match written(self.0, &mut text) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

/// The time, written into its own form; not if it has another, as in the year 10,000 or in a leap second.
fn written(at: Timestamp, text: &mut [u8; 30]) -> Option<&str> {
    let (nanoseconds, year) = (at.nanosecond(), u32::try_from(at.year()).ok()?);
    if year > 9999 || nanoseconds > 999_999_999 {
        return None;
    }
    let digits = [
        (0..4, year),
        (5..7, at.month()),
        (8..10, at.day()),
        (11..13, at.hour()),
        (14..16, at.minute()),
        (17..19, at.second()),
        (20..29, nanoseconds),
    ];
    for (place, mut number) in digits {
        for digit in text[place].iter_mut().rev() {
            *digit = b"0123456789"[number as usize % 10];
            number /= 10;
        }
    }
    let end = match nanoseconds {
        0 => 19,
        _ if nanoseconds % 1_000_000 == 0 => 23,
        _ if nanoseconds % 1_000 == 0 => 26,
        _ => 29,
    };
    text[end] = b'Z';
    std::str::from_utf8(&text[..=end]).ok()
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "expected a time as in 2026-01-31T10:00:00Z";
        let text = String::deserialize(deserializer)?;
        let at =
            DateTime::parse_from_rfc3339(&text).map_err(|_| D::Error::custom(EXPECTED))?.with_timezone(&Utc);
        let micros = at.timestamp_micros();
        if !(1970..=9999).contains(&at.year()) || micros < 0 {
            return Err(D::Error::custom(EXPECTED));
        }
        DateTime::from_timestamp_micros(micros).map(When).ok_or_else(|| D::Error::custom(EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_as_chrono_writes_it(at: Timestamp) {
        let expected = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        assert_eq!(serde_json::to_value(When(at)).unwrap(), expected);
    }

    #[test]
    fn a_time_has_no_more_digits_than_it_needs() {
        for text in [
            "2026-01-31T10:00:00Z",
            "2026-01-31T10:00:00.120Z",
            "2026-01-31T10:00:00.123456Z",
            "2026-01-31T10:00:00.000000001Z",
            "1970-01-01T00:00:00Z",
            "0000-02-29T23:59:59.999999999Z",
            "9999-12-31T23:59:60.5Z",
        ] {
            assert_as_chrono_writes_it(text.parse().unwrap());
        }
        assert_as_chrono_writes_it(Timestamp::MAX_UTC);
        assert_as_chrono_writes_it(Timestamp::MIN_UTC);
    }

    proptest! {
        #[test]
        fn any_time_is_written_as_chrono_writes_it(seconds in -62_200_000_000_i64..253_500_000_000, nanoseconds in 0_u32..2_000_000_000) {
            if let Some(at) = DateTime::from_timestamp(seconds, nanoseconds) {
                assert_as_chrono_writes_it(at);
            }
        }
    }
}
