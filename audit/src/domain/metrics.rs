use std::{borrow::Cow, fmt, str::FromStr};

use serde::Deserialize;
use shared::{clock::Timestamp, events::Envelope};

use super::{Grain, counters};

/// The longest value of a dimension, in characters.
const LONGEST_VALUE: usize = 200;

/// By what a counter can be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The category of a ticket.
    Category,
    /// How somebody was told: `email` …
    Channel,
    /// Which of a ticket's clocks: `response` or `resolution`.
    Clock,
    /// The priority of a ticket.
    Priority,
    /// Why.
    Reason,
    /// The role that somebody got.
    Role,
    /// The rule that raised an alert.
    Rule,
    /// The status from then on.
    Status,
    /// What somebody was told.
    Template,
    /// Who did it.
    User,
    /// Whom a comment is for: `public` or `internal`.
    Visibility,
}

/// Why a text is no dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a dimension as in priority=HIGH")]
pub struct DimensionFault;

/// A part of a counter: what has this value in this aspect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Dimension {
    aspect: Aspect,
    value: String,
}

/// The name of a counter, as in `tickets_created`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct MetricName(String);

/// Why a text is no name of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 64 small letters, digits and underscores, as in tickets_created")]
pub struct MetricNameFault;

/// One thing that an event adds to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The counter.
    pub name: Cow<'static, str>,
    /// The part of it; the whole when there is none.
    pub dimension: Option<Dimension>,
    /// The hour in which it happened, by the event's own time.
    pub hour: Timestamp,
    /// What is added.
    pub tally: Tally,
}

/// How often something happened and, where it is known, how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: i64,
    /// How long, of those whose beginning is known.
    pub durations: Option<Durations>,
}

/// Lengths of time in milliseconds. Sums and extremes, so that they can be added up in any order and stay exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    /// How many they are.
    pub count: i64,
    /// All of them together.
    pub total_ms: i64,
    /// The shortest.
    pub least_ms: i64,
    /// The longest.
    pub most_ms: i64,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Category,
        Self::Channel,
        Self::Clock,
        Self::Priority,
        Self::Reason,
        Self::Role,
        Self::Rule,
        Self::Status,
        Self::Template,
        Self::User,
        Self::Visibility,
    ];

    /// Its name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Channel => "channel",
            Self::Clock => "clock",
            Self::Priority => "priority",
            Self::Reason => "reason",
            Self::Role => "role",
            Self::Rule => "rule",
            Self::Status => "status",
            Self::Template => "template",
            Self::User => "user",
            Self::Visibility => "visibility",
        }
    }

    /// The part that has this value, which is cut where it is very long.
    #[must_use]
    pub fn of(self, value: &str) -> Dimension {
        // PostgreSQL holds no NUL in a text.
        let value = value.chars().map(|character| if character == '\0' { '\u{fffd}' } else { character });
        Dimension { aspect: self, value: value.take(LONGEST_VALUE).collect() }
    }
}

impl Dimension {
    /// In which aspect.
    #[must_use]
    pub fn aspect(&self) -> Aspect {
        self.aspect
    }

    /// Which value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.aspect.as_str(), self.value)
    }
}

impl FromStr for Dimension {
    type Err = DimensionFault;

    fn from_str(text: &str) -> Result<Self, DimensionFault> {
        let (name, value) = text.split_once('=').ok_or(DimensionFault)?;
        let aspect = Aspect::ALL.into_iter().find(|aspect| aspect.as_str() == name).ok_or(DimensionFault)?;
        Ok(aspect.of(value))
    }
}

impl TryFrom<String> for Dimension {
    type Error = DimensionFault;

    fn try_from(text: String) -> Result<Self, DimensionFault> {
        text.parse()
    }
}

impl MetricName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MetricName {
    type Error = MetricNameFault;

    fn try_from(text: String) -> Result<Self, MetricNameFault> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(is_word) {
            Ok(Self(text))
        } else {
            Err(MetricNameFault)
        }
    }
}

impl Tally {
    /// Once, in so many milliseconds if that is known.
    #[must_use]
    pub fn once(duration_ms: Option<i64>) -> Self {
        let durations = duration_ms.map(|ms| Durations { count: 1, total_ms: ms, least_ms: ms, most_ms: ms });
        Self { count: 1, durations }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let durations = match (self.durations, other.durations) {
            (Some(one), Some(other)) => Some(Durations {
                count: one.count + other.count,
                total_ms: one.total_ms + other.total_ms,
                least_ms: one.least_ms.min(other.least_ms),
                most_ms: one.most_ms.max(other.most_ms),
            }),
            (one, other) => one.or(other),
        };
        Self { count: self.count + other.count, durations }
    }
}

impl Durations {
    /// The mean, to the millisecond.
    #[must_use]
    pub fn mean_ms(&self) -> i64 {
        if self.count == 0 { 0 } else { self.total_ms / self.count }
    }
}

/// Everything that these events add to. They may come in any order and in any portions: it is the same in the end.
#[must_use]
pub fn measures<'a>(events: impl IntoIterator<Item = &'a Envelope>) -> Vec<Measure> {
    events.into_iter().flat_map(of_one).collect()
}

fn of_one(event: &Envelope) -> Vec<Measure> {
    let hour = Grain::Hour.start(event.timestamp);
    let measure =
        |name, dimension, duration_ms| Measure { name, dimension, hour, tally: Tally::once(duration_ms) };
    let found = counters::read(event);
    let mut measures = vec![
        measure(counters::EVENTS.into(), None, None),
        measure(found.name.clone(), None, found.duration_ms),
    ];
    measures.extend(found.outcome.map(|(name, duration_ms)| measure(name.into(), None, duration_ms)));
    measures.extend(found.dimensions.into_iter().map(|part| measure(found.name.clone(), Some(part), None)));
    let user = event.user_id.map(|user| Aspect::User.of(&user.to_string()));
    measures.extend(user.map(|user| measure(counters::EVENTS.into(), Some(user), None)));
    measures
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
