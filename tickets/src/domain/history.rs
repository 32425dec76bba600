use shared::clock::Timestamp;
use shared::ids::{HistoryId, TicketId, UserId};

/// One line of a ticket's history: who did what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its own id.
    pub id: HistoryId,
    /// The ticket whose history it is.
    pub ticket_id: TicketId,
    /// Who did it.
    pub user_id: UserId,
    /// What was done.
    pub action: Action,
    /// When it was done.
    pub created_at: Timestamp,
}

/// What can be done to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was opened. The values it began with are the present ones with every later change undone.
    Created,
}

impl Action {
    /// Its name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
        }
    }
}
