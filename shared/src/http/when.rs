//! Times in queries, bodies and answers.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
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
        // In one piece: chrono's own `Serialize` has each character escaped by itself, which takes three times as long.
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
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
