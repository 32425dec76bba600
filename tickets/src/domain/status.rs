use serde::{Deserialize, Serialize};

use super::words::closed_list;

/// Where a ticket stands in the specification's workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Status {
    /// Nobody has taken it up yet.
    Open,
    /// An agent works on it.
    InProgress,
    /// The requester has been asked something.
    WaitingUser,
    /// The agent says it is done.
    Resolved,
    /// It is done.
    Closed,
}

impl Status {
    /// All of them, in the order in which a ticket usually meets them.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::InProgress, Self::WaitingUser, Self::Resolved, Self::Closed];

    /// Its name in the database, in events and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::InProgress => "IN_PROGRESS",
            Self::WaitingUser => "WAITING_USER",
            Self::Resolved => "RESOLVED",
            Self::Closed => "CLOSED",
        }
    }

    /// Whether the work is done, so that no clock runs any more.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

closed_list!(Status);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_by_its_own_name() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }
}
