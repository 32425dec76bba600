use serde::{Deserialize, Serialize};

use super::words::closed_list;

/// How pressing a ticket is. `Low < Medium < High < Urgent`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Priority {
    /// When there is time.
    Low,
    /// What a ticket is unless its requester says otherwise.
    #[default]
    Medium,
    /// Somebody cannot do a part of their work.
    High,
    /// Work stands still.
    Urgent,
}

impl Priority {
    /// All of them, the least pressing first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// Its name in the database, in events and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Urgent => "URGENT",
        }
    }

    /// Its place in [`Priority::ALL`], which is how the database sorts it.
    pub const fn rank(self) -> i16 {
        self as i16
    }
}

closed_list!(Priority);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_follows_the_order() {
        for (rank, priority) in (0..).zip(Priority::ALL) {
            assert_eq!(priority.rank(), rank);
        }
        assert!(Priority::ALL.is_sorted());
    }

    #[test]
    fn a_word_that_is_none_names_those_that_are() {
        let fault = "urgent".parse::<Priority>().unwrap_err();
        assert_eq!(fault.to_string(), "expected one of LOW, MEDIUM, HIGH, URGENT");
    }
}
