use serde_json::Value;
use shared::{
    clock::Timestamp,
    events::Envelope,
    ids::{AuditLogId, EventId, UserId},
};
use uuid::Uuid;

use super::{Action, Origin, ResourceType};

/// A line of the audit log as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// The line.
    pub id: AuditLogId,
    /// Its place in the feed: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// The event that it tells of.
    pub event_id: EventId,
    /// When that happened.
    pub timestamp: Timestamp,
    /// Who did it; nobody when it was the system, or a stranger.
    pub user_id: Option<UserId>,
    /// What was done, as in `TICKET_CREATED`.
    pub action: String,
    /// What kind of thing it was done to.
    pub resource_type: String,
    /// Which one.
    pub resource_id: Option<Uuid>,
    /// The fields that matter for this kind of event: a JSON object.
    pub details: Value,
    /// Where the request behind it came from.
    pub origin: Origin,
    /// The request that it began with.
    pub correlation_id: Option<String>,
    /// The service that told of it.
    pub service: String,
    /// The number that service gave it.
    pub service_sequence: i64,
    /// When audit wrote the line.
    pub recorded_at: Timestamp,
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
