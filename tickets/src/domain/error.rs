use shared::clock::{Timestamp, rfc3339};

use super::Status;

/// A rule on tickets was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// The diagram has no such arrow.
    #[error("{} cannot become {}; from {} it can become {}", from.as_str(), to.as_str(), from.as_str(), words(legal))]
    IllegalMove {
        /// Where it stands.
        from: Status,
        /// Where it was to go.
        to: Status,
        /// Where it may go.
        legal: Vec<Status>,
    },
    /// It was closed too long ago.
    #[error("it could be reopened until {}", rfc3339(*until))]
    ReopenWindowOver {
        /// Until when it could have been.
        until: Timestamp,
    },
    /// It is closed: nothing about it changes any more unless it is reopened.
    #[error("the ticket is closed; reopen it first")]
    Closed,
    /// Work on it has begun.
    #[error("only an open ticket can be deleted, and this one is {}", .0.as_str())]
    NotDeletable(Status),
    /// A requester wants to write what only agents read.
    #[error("only agents write internal comments")]
    InternalByRequester,
    /// A requester wants to say what solved it.
    #[error("only agents set the resolution")]
    ResolutionByRequester,
    /// Only who owns it may do that.
    #[error("only its requester deletes a ticket")]
    NotTheOwner,
}

fn words(legal: &[Status]) -> String {
    match legal {
        [] => "nothing".to_owned(),
        legal => legal.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", "),
    }
}
