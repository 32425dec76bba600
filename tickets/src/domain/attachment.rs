use shared::clock::Timestamp;
use shared::ids::{FileId, HistoryId, TicketId, UserId};

use super::{Action, Change, HistoryEntry, Ticket};

/// A file of a ticket, as the files service tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file.
    pub file_id: FileId,
    /// The ticket that it belongs to.
    pub ticket_id: TicketId,
    /// Its name as its uploader gave it.
    pub file_name: String,
    /// Its size in bytes.
    pub file_size: i64,
    /// Who brought it.
    pub uploaded_by: UserId,
    /// When it came.
    pub created_at: Timestamp,
}

impl Ticket {
    /// A file came or went: a line in the history, and nothing else.
    pub fn note_file(&self, action: Action, name: &str, by: Option<UserId>, now: Timestamp) -> Change {
        let name = Some(name.to_owned());
        let (old, new) = if action == Action::FileRemoved { (name, None) } else { (None, name) };
        let line = HistoryEntry {
            id: HistoryId::at(now),
            ticket_id: self.id,
            user_id: by,
            action,
            field: Some("attachment".to_owned()),
            old,
            new,
            comment: None,
            version: self.version,
            is_internal: false,
            created_at: now,
        };
        Change::of(self).aside(line, None)
    }
}
