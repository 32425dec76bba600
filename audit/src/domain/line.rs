use shared::{
    clock::Timestamp,
    events::Envelope,
    ids::{AuditLogId, UserId},
};
use uuid::Uuid;

use super::{Action, AuditEntry, ResourceType, Unreadable};

/// A line of the audit log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Its place in the feed: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// When audit wrote it.
    pub recorded_at: Timestamp,
    /// What it says.
    pub entry: AuditEntry,
}

/// An event as it stands in the feed.
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// Its place: 1, 2, 3 … without gaps, in the order in which audit took them.
    pub sequence: i64,
    /// When audit took it.
    pub received_at: Timestamp,
    /// The event as it arrived.
    pub event: Envelope,
}

impl FeedItem {
    /// The same as a line of the log.
    ///
    /// # Errors
    /// When the event cannot be read.
    pub fn into_line(self) -> Result<LogLine, Unreadable> {
        let entry = AuditEntry::of(&self.event)?;
        Ok(LogLine { sequence: self.sequence, recorded_at: self.received_at, entry })
    }
}

/// Which lines of the log are wanted; nothing set means all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// By whom.
    pub user_id: Option<UserId>,
    /// What was done.
    pub action: Option<Action>,
    /// To what kind of thing.
    pub resource_type: Option<ResourceType>,
    /// To which one.
    pub resource_id: Option<Uuid>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A page of the log to be read.
#[derive(Clone, Debug)]
pub struct LogsQuery {
    /// Which lines.
    pub filter: LogFilter,
    /// Newest first.
    pub descending: bool,
    /// The last line of the page before.
    pub after: Option<(Timestamp, AuditLogId)>,
    /// At most so many lines.
    pub limit: u64,
}
