use std::str::FromStr;

use serde::Deserialize;
use shared::clock::Timestamp;

/// What is made of the trail, and can be dropped and made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derived {
    /// What is counted.
    Metrics,
    /// What lines are found by.
    Search,
}

/// No such thing is made of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected metrics or search")]
pub struct DerivedFault;

impl Derived {
    /// Its name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Search => "search",
        }
    }
}

impl FromStr for Derived {
    type Err = DerivedFault;

    fn from_str(name: &str) -> Result<Self, DerivedFault> {
        [Self::Metrics, Self::Search].into_iter().find(|it| it.as_str() == name).ok_or(DerivedFault)
    }
}

/// The making anew of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// Of which.
    pub derived: Derived,
    /// Up to this row it is made.
    pub done: i64,
    /// Up to this row it has to be: what comes behind is added as it is recorded. Nothing while it has not begun.
    pub until: Option<i64>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was finished; nothing while it is not.
    pub finished_at: Option<Timestamp>,
}
