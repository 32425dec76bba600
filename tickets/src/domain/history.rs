use shared::clock::Timestamp;
use shared::ids::{HistoryId, TicketId, UserId};

use super::words::closed_list;

/// One line of a ticket's history: who did what, when, and to which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its own id.
    pub id: HistoryId,
    /// The ticket whose history it is.
    pub ticket_id: TicketId,
    /// Who did it; nobody when it happened by itself.
    pub user_id: Option<UserId>,
    /// What was done.
    pub action: Action,
    /// The field that changed, as it is called in the API.
    pub field: Option<String>,
    /// Its value before, as text.
    pub old: Option<String>,
    /// Its value after, as text.
    pub new: Option<String>,
    /// What was said with it.
    pub comment: Option<String>,
    /// The version of the ticket that it led to.
    pub version: i64,
    /// It is for agents only.
    pub is_internal: bool,
    /// When it was done.
    pub created_at: Timestamp,
}

/// What can be done to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was opened. The values it began with are the present ones with every later change undone.
    Created,
    /// Its texts, category or priority were changed.
    Updated,
    /// It was given to an agent, or taken from one.
    Assigned,
    /// It moved in the workflow.
    StatusChanged,
    /// Somebody wrote on it; `newValue` is the comment's id.
    Commented,
    /// A clock has run 80 % of its way.
    SlaWarning,
    /// A clock has run out.
    SlaBreached,
    /// A file came; `newValue` is its name.
    FileAttached,
    /// A file went; `oldValue` is its name.
    FileRemoved,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Updated,
        Self::Assigned,
        Self::StatusChanged,
        Self::Commented,
        Self::SlaWarning,
        Self::SlaBreached,
        Self::FileAttached,
        Self::FileRemoved,
    ];

    /// Its name in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Assigned => "ASSIGNED",
            Self::StatusChanged => "STATUS_CHANGED",
            Self::Commented => "COMMENTED",
            Self::SlaWarning => "SLA_WARNING",
            Self::SlaBreached => "SLA_BREACHED",
            Self::FileAttached => "FILE_ATTACHED",
            Self::FileRemoved => "FILE_REMOVED",
        }
    }
}

closed_list!(Action);
