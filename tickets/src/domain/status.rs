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

/// Who moves a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    /// The person whose ticket it is.
    Requester,
    /// Somebody who works tickets.
    Agent,
    /// Time.
    System,
}

use Mover::{Agent, Requester, System};
use Status::{Closed, InProgress, Open, Resolved, WaitingUser};

/// The workflow (specification, phase 3): every arrow of the diagram, and who may follow it. A requester leaves
/// WAITING_USER by answering. There is no other way.
pub const MOVES: [(Status, Status, &[Mover]); 6] = [
    (Open, InProgress, &[Agent]),
    (InProgress, WaitingUser, &[Agent]),
    (InProgress, Resolved, &[Agent]),
    (WaitingUser, InProgress, &[Agent, Requester]),
    (Resolved, Closed, &[Agent, Requester, System]),
    (Closed, Open, &[Agent, Requester]),
];

impl Status {
    /// All of them, in the order in which a ticket usually meets them.
    pub const ALL: [Self; 5] = [Open, InProgress, WaitingUser, Resolved, Closed];

    /// Its name in the database, in events and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Open => "OPEN",
            InProgress => "IN_PROGRESS",
            WaitingUser => "WAITING_USER",
            Resolved => "RESOLVED",
            Closed => "CLOSED",
        }
    }

    /// Whether the work is done, so that no clock runs any more.
    pub const fn is_settled(self) -> bool {
        matches!(self, Resolved | Closed)
    }

    /// Where this mover may take a ticket from here.
    pub fn next(self, mover: Mover) -> Vec<Self> {
        let legal = MOVES.iter().filter(|(from, _, movers)| *from == self && movers.contains(&mover));
        legal.map(|(_, to, _)| *to).collect()
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

    #[test]
    fn the_moves_are_the_arrows_of_the_specification() {
        let drawn = "OPEN --> IN_PROGRESS, IN_PROGRESS --> WAITING_USER, IN_PROGRESS --> RESOLVED, \
                     WAITING_USER --> IN_PROGRESS, RESOLVED --> CLOSED, CLOSED --> OPEN";
        let ours = MOVES.map(|(from, to, _)| format!("{} --> {}", from.as_str(), to.as_str()));
        assert_eq!(ours.join(", "), drawn);
    }

    #[test]
    fn who_may_move_is_in_the_table() {
        for (from, mover, next) in [
            (Open, Requester, vec![]),
            (InProgress, Agent, vec![WaitingUser, Resolved]),
            (WaitingUser, Requester, vec![InProgress]),
            (Resolved, System, vec![Closed]),
            (Closed, Requester, vec![Open]),
            (Closed, System, vec![]),
        ] {
            assert_eq!(from.next(mover), next, "{mover:?} from {}", from.as_str());
        }
    }
}
