use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::clock::Timestamp;
use shared::http::Answer;
use shared::ids::{CommentId, FileId, HistoryId, TicketId, UserId};
use utoipa::ToSchema;

use crate::domain::{Attachment, Comment, Explanation, HistoryEntry, Priority, Rules, State, Status, Ticket};
use crate::service::Explained;
use crate::service::Export;

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketOut {
    id: TicketId,
    /// The number people quote.
    #[schema(example = "HD-000042")]
    ticket_number: String,
    title: String,
    description: String,
    status: Status,
    priority: Priority,
    category: String,
    /// The requester.
    user_id: UserId,
    /// The agent who works on it.
    assigned_to: Option<UserId>,
    /// What solved it.
    resolution: Option<String>,
    /// When it should be solved.
    due_date: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// Goes up with every change; the `ETag` is made of it.
    version: i64,
    sla: SlaOut,
}

/// How long a ticket may still wait.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlaOut {
    /// When an agent should have answered.
    response_due_at: DateTime<Utc>,
    /// When an agent first answered in public.
    responded_at: Option<DateTime<Utc>>,
    /// When it should be solved.
    resolution_due_at: DateTime<Utc>,
    /// The due date is over and it is not solved.
    overdue: bool,
    /// Seconds for which the clock may still run until the due date; 0 when it is over.
    remaining_seconds: i64,
    /// Seconds for which the clock has stood still, waiting for the requester.
    paused_seconds: i64,
}

impl TicketOut {
    /// The ticket as it stands at `now`.
    pub fn at(ticket: &Ticket, rules: &Rules, now: Timestamp) -> Self {
        let standing = ticket.standing(rules, now);
        Self {
            id: ticket.id,
            ticket_number: ticket.number.to_string(),
            title: ticket.title.as_str().to_owned(),
            description: ticket.description.as_str().to_owned(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.as_str().to_owned(),
            user_id: ticket.user_id,
            assigned_to: ticket.assigned_to,
            resolution: ticket.resolution.as_ref().map(|text| text.as_str().to_owned()),
            due_date: ticket.sla.resolution.due_at,
            resolved_at: ticket.resolved_at,
            closed_at: ticket.closed_at,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            version: ticket.version,
            sla: SlaOut {
                response_due_at: ticket.sla.response.due_at,
                responded_at: ticket.sla.responded_at,
                resolution_due_at: ticket.sla.resolution.due_at,
                overdue: standing.overdue,
                remaining_seconds: standing.remaining.num_seconds(),
                paused_seconds: standing.paused.num_seconds(),
            },
        }
    }

    /// The answer to having opened it, as it stood at that moment.
    pub fn created(ticket: &Ticket, rules: &Rules) -> Answer {
        let out = Self::at(ticket, rules, ticket.created_at);
        Answer::created(format!("/tickets/{}", ticket.id), &out).etag(ticket.version)
    }
}

/// Something written on a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentOut {
    id: CommentId,
    ticket_id: TicketId,
    /// Who wrote it.
    user_id: UserId,
    content: String,
    /// For agents only.
    is_internal: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Comment> for CommentOut {
    fn from(comment: &Comment) -> Self {
        Self {
            id: comment.id,
            ticket_id: comment.ticket_id,
            user_id: comment.user_id,
            content: comment.content.as_str().to_owned(),
            is_internal: comment.is_internal,
            created_at: comment.created_at,
            updated_at: comment.updated_at,
        }
    }
}

impl CommentOut {
    /// The answer to having written it.
    pub fn created(comment: &Comment) -> Answer {
        Answer::created(format!("/tickets/{}/comments", comment.ticket_id), &Self::from(comment))
    }
}

/// A line of a ticket's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryOut {
    id: HistoryId,
    /// Who did it; `null` when it happened by itself.
    user_id: Option<UserId>,
    #[schema(value_type = String, example = "STATUS_CHANGED")]
    action: &'static str,
    /// The field that changed.
    field_name: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
    /// What was said with it.
    comment: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<HistoryEntry> for HistoryOut {
    fn from(line: HistoryEntry) -> Self {
        Self {
            id: line.id,
            user_id: line.user_id,
            action: line.action.as_str(),
            field_name: line.field,
            old_value: line.old,
            new_value: line.new,
            comment: line.comment,
            created_at: line.created_at,
        }
    }
}

/// A file of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentOut {
    file_id: FileId,
    file_name: String,
    /// In bytes.
    file_size: i64,
    uploaded_by: UserId,
    created_at: DateTime<Utc>,
}

impl From<Attachment> for AttachmentOut {
    fn from(file: Attachment) -> Self {
        Self {
            file_id: file.file_id,
            file_name: file.file_name,
            file_size: file.file_size,
            uploaded_by: file.uploaded_by,
            created_at: file.created_at,
        }
    }
}

/// Both clocks of a ticket, explained.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlaExplainedOut {
    /// Until an agent's first public answer.
    response: ClockOut,
    /// Until the solution.
    resolution: ClockOut,
}

/// A clock: when it ran, when not and why. The intervals follow each other from `startedAt` on without a gap; the lengths of
/// those that are `running` add up to `elapsedSeconds`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClockOut {
    target_seconds: f64,
    started_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    /// When it was stopped, by the answer or by the solution.
    stopped_at: Option<DateTime<Utc>>,
    elapsed_seconds: f64,
    /// For how long it may still run; negative by how much it has run too long.
    remaining_seconds: f64,
    /// For how long the ticket has waited for its requester.
    paused_seconds: f64,
    breached: bool,
    intervals: Vec<IntervalOut>,
}

/// A part of a clock's way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntervalOut {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// `running`, `paused` (it waited for the requester) or `off_hours` (nobody worked).
    #[schema(value_type = String, example = "running")]
    state: &'static str,
    seconds: f64,
}

impl From<Explained> for SlaExplainedOut {
    fn from(explained: Explained) -> Self {
        Self { response: explained.response.into(), resolution: explained.resolution.into() }
    }
}

impl From<Explanation> for ClockOut {
    fn from(clock: Explanation) -> Self {
        let interval = |it: &crate::domain::Interval| IntervalOut {
            from: it.span.from,
            to: it.span.to,
            state: match it.state {
                State::Running => "running",
                State::Paused => "paused",
                State::OffHours => "off_hours",
            },
            seconds: it.span.length().as_seconds_f64(),
        };
        Self {
            target_seconds: clock.target.as_seconds_f64(),
            started_at: clock.started_at,
            due_at: clock.due_at,
            stopped_at: clock.stopped_at,
            elapsed_seconds: clock.elapsed.as_seconds_f64(),
            remaining_seconds: (clock.target - clock.elapsed).as_seconds_f64(),
            paused_seconds: clock.paused.as_seconds_f64(),
            breached: clock.breached,
            intervals: clock.intervals.iter().map(interval).collect(),
        }
    }
}

/// Everything that is stored here on the caller, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOut {
    /// The tickets that they opened.
    tickets: Vec<TicketOut>,
    /// What they wrote, on whichever ticket.
    comments: Vec<CommentOut>,
    /// What they did, to whichever ticket.
    history: Vec<ExportedLine>,
    /// The files that they brought.
    attachments: Vec<ExportedFile>,
}

/// A line of a history, with the ticket that it belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedLine {
    ticket_id: TicketId,
    #[serde(flatten)]
    line: HistoryOut,
}

/// A file, with the ticket that it belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedFile {
    ticket_id: TicketId,
    #[serde(flatten)]
    file: AttachmentOut,
}

impl ExportOut {
    /// As it stands at `now`.
    pub fn at(export: Export, rules: &Rules, now: Timestamp) -> Self {
        let line = |line: HistoryEntry| ExportedLine { ticket_id: line.ticket_id, line: line.into() };
        let file = |file: Attachment| ExportedFile { ticket_id: file.ticket_id, file: file.into() };
        Self {
            tickets: export.tickets.iter().map(|ticket| TicketOut::at(ticket, rules, now)).collect(),
            comments: export.comments.iter().map(CommentOut::from).collect(),
            history: export.history.into_iter().map(line).collect(),
            attachments: export.attachments.into_iter().map(file).collect(),
        }
    }
}
