use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use shared::{
    http::When,
    ids::{AuditLogId, EventId, UserId},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    domain::{Action, Checkpoint, FeedItem, LogFilter, LogLine, ResourceType},
    service::Verdict,
};

/// Which lines of the log are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct LogsParams {
    /// Done by this user.
    #[param(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// What was done, as in `TICKET_CREATED`.
    #[param(value_type = Option<String>, max_length = 64, example = "TICKET_CREATED")]
    action: Option<Action>,
    /// What kind of thing it was done to: `user`, `session`, `ticket`, `file`, `notification`,
    /// `alert`.
    #[param(value_type = Option<String>, max_length = 64, example = "ticket")]
    resource_type: Option<ResourceType>,
    /// Which one.
    resource_id: Option<Uuid>,
    /// It happened then or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<When>,
    /// It happened earlier.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<When>,
}

impl From<LogsParams> for LogFilter {
    fn from(params: LogsParams) -> Self {
        Self {
            user_id: params.user_id,
            action: params.action,
            resource_type: params.resource_type,
            resource_id: params.resource_id,
            from: params.from.map(|when| when.0),
            to: params.to.map(|when| when.0),
        }
    }
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogOut {
    /// The line.
    id: AuditLogId,
    /// Its place in the feed.
    sequence: i64,
    /// The event that it tells of.
    event_id: EventId,
    /// When that happened.
    timestamp: When,
    /// Who did it; null when it was the system, or a stranger.
    user_id: Option<UserId>,
    /// What was done.
    #[schema(example = "TICKET_CREATED")]
    action: String,
    /// What kind of thing it was done to.
    #[schema(example = "ticket")]
    resource_type: String,
    /// Which one.
    resource_id: Option<Uuid>,
    /// The fields that matter for this kind of event.
    #[schema(value_type = Object)]
    details: Value,
    /// The client's address, where the event carries it.
    ip_address: Option<String>,
    /// The client's `User-Agent`, where the event carries it.
    user_agent: Option<String>,
    /// The request that it began with (its `X-Request-Id`).
    correlation_id: Option<String>,
    /// The service that told of it.
    service: String,
    /// The number that service gave it, without gaps.
    service_sequence: i64,
    /// When audit wrote the line.
    recorded_at: When,
}

impl From<LogLine> for AuditLogOut {
    fn from(line: LogLine) -> Self {
        let (entry, facts) = (&line.entry, line.entry.facts());
        Self {
            id: entry.id(),
            sequence: line.sequence,
            event_id: facts.event_id,
            timestamp: When(facts.timestamp),
            user_id: facts.user_id,
            action: facts.action.clone(),
            resource_type: facts.resource_type.clone(),
            resource_id: facts.resource_id,
            details: entry.details().clone(),
            ip_address: entry.origin().ip.clone(),
            user_agent: entry.origin().user_agent.clone(),
            correlation_id: entry.correlation_id(),
            service: entry.event().source.to_string(),
            service_sequence: entry.event().sequence,
            recorded_at: When(line.recorded_at),
        }
    }
}

/// Where in the feed to read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct FeedParams {
    /// The events behind this number; 0, the default, means from the beginning.
    #[param(minimum = 0)]
    pub after: Option<u64>,
    /// The same as `after`, under the name that lists have for it.
    #[param(minimum = 0)]
    pub cursor: Option<u64>,
    /// At most so many events.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub limit: Option<u64>,
}

/// An event as it stands in the feed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeedEventOut {
    /// Its place in the feed: 1, 2, 3 … without gaps.
    sequence: i64,
    /// When audit took it.
    received_at: When,
    /// Unique among all events.
    event_id: EventId,
    /// As in `ticket.created`.
    #[schema(example = "ticket.created")]
    event_type: String,
    /// The version of the shape of `data`.
    schema_version: u16,
    /// The service that told of it.
    service: String,
    /// The number that service gave it, without gaps.
    service_sequence: i64,
    /// When it happened.
    timestamp: When,
    /// Who did it; null when it was the system, or a stranger.
    user_id: Option<UserId>,
    /// The thing it happened to.
    aggregate_id: Uuid,
    /// The version of that thing after it happened.
    aggregate_version: i64,
    /// The request that it began with.
    correlation_id: Option<String>,
    /// The event that it answers.
    causation_id: Option<EventId>,
    /// The event itself; nats/schemas has the schema of each type.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl From<FeedItem> for FeedEventOut {
    fn from(item: FeedItem) -> Self {
        let event = item.event;
        Self {
            sequence: item.sequence,
            received_at: When(item.received_at),
            event_id: event.event_id,
            event_type: event.event_type,
            schema_version: event.schema_version,
            service: event.source.into_owned(),
            service_sequence: event.sequence,
            timestamp: When(event.timestamp),
            user_id: event.user_id,
            aggregate_id: event.aggregate_id,
            aggregate_version: event.aggregate_version,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            data: event.data,
        }
    }
}

/// Whether the trail is as it was written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerdictOut {
    /// Whether it is.
    is_intact: bool,
    /// The first thing that is wrong.
    fault: Option<TamperingOut>,
    /// The row behind which the look began: 0, or that of a checkpoint. What is before it lies in files (archives).
    after: i64,
    /// The signed end that the trail was held against.
    head: CheckpointOut,
}

/// The first thing that is wrong with the trail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TamperingOut {
    /// `changed`, `removed`, `inserted`, `cut_off`, `rewritten` (the rows fit each other and not what was signed), `forged` (a
    /// checkpoint) or `not_archived` (what says that the row is in an archive was not signed).
    #[schema(example = "changed")]
    kind: &'static str,
    /// The first row that it was done to.
    sequence: i64,
    /// The same in words.
    detail: String,
}

impl From<Verdict> for VerdictOut {
    fn from(verdict: Verdict) -> Self {
        let fault = verdict.fault.map(|fault| TamperingOut {
            kind: fault.kind(),
            sequence: fault.sequence(),
            detail: fault.to_string(),
        });
        Self { is_intact: fault.is_none(), fault, after: verdict.after, head: verdict.head.into() }
    }
}

/// Where the trail ended at some moment, signed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointOut {
    /// The last row.
    sequence: i64,
    /// Its hash: SHA-256, in hexadecimal digits.
    hash: String,
    /// When it was recorded.
    recorded_at: When,
    /// The first 16 hexadecimal digits of the SHA-256 of the public key.
    key_id: String,
    /// Ed25519, in hexadecimal digits.
    signature: String,
}

impl From<Checkpoint> for CheckpointOut {
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            sequence: checkpoint.sequence,
            hash: checkpoint.hash.to_string(),
            recorded_at: When(checkpoint.recorded_at),
            key_id: checkpoint.key_id,
            signature: checkpoint.signature,
        }
    }
}
