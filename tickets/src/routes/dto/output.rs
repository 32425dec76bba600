use serde::Serialize;
use shared::clock::Timestamp;
use shared::http::{Answer, When};
use shared::ids::{CommentId, FileId, HistoryId, TicketId, UserId};
use utoipa::ToSchema;

use crate::domain::{
    Attachment, Comment, Explanation, HistoryEntry, Priority, Resolution, Rules, State, Status, Ticket,
};
use crate::service::Explained;
use crate::service::Export;

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketOut<'a> {
    id: TicketId,
    /// The number people quote.
    #[schema(example = "HD-000042")]
    ticket_number: String,
    title: &'a str,
    description: &'a str,
    status: Status,
    priority: Priority,
    category: &'a str,
    /// The requester.
    user_id: UserId,
    /// The agent who works on it.
    assigned_to: Option<UserId>,
    /// What solved it.
    resolution: Option<&'a str>,
    /// When it should be solved.
    due_date: When,
    resolved_at: Option<When>,
    closed_at: Option<When>,
    created_at: When,
    updated_at: When,
    /// Goes up with every change; the `ETag` is made of it.
    version: i64,
    sla: SlaOut,
}

/// How long a ticket may still wait.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlaOut {
    /// When an agent should have answered.
    response_due_at: When,
    /// When an agent first answered in public.
    responded_at: Option<When>,
    /// When it should be solved.
    resolution_due_at: When,
    /// The due date is over and it is not solved.
    overdue: bool,
    /// Seconds for which the clock may still run until the due date; 0 when it is over.
    remaining_seconds: i64,
    /// Seconds for which the clock has stood still, waiting for the requester.
    paused_seconds: i64,
}

impl<'a> TicketOut<'a> {
    /// The ticket as it stands at `now`.
    pub fn at(ticket: &'a Ticket, rules: &Rules, now: Timestamp) -> Self {
        let standing = ticket.standing(rules, now);
        Self {
            id: ticket.id,
            ticket_number: ticket.number.to_string(),
            title: ticket.title.as_str(),
            description: ticket.description.as_str(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.as_str(),
            user_id: ticket.user_id,
            assigned_to: ticket.assigned_to,
            resolution: ticket.resolution.as_ref().map(Resolution::as_str),
            due_date: When(ticket.sla.resolution.due_at),
            resolved_at: ticket.resolved_at.map(When),
            closed_at: ticket.closed_at.map(When),
            created_at: When(ticket.created_at),
            updated_at: When(ticket.updated_at),
            version: ticket.version,
            sla: SlaOut {
                response_due_at: When(ticket.sla.response.due_at),
                responded_at: ticket.sla.responded_at.map(When),
                resolution_due_at: When(ticket.sla.resolution.due_at),
                overdue: standing.overdue,
                remaining_seconds: standing.remaining.num_seconds(),
                paused_seconds: standing.paused.num_seconds(),
            },
        }
    }

    /// The answer to having opened it, as it stood at that moment.
    pub fn created(ticket: &'a Ticket, rules: &Rules) -> Answer {
        let out = Self::at(ticket, rules, ticket.created_at);
        Answer::created(format!("/tickets/{}", ticket.id), &out).etag(ticket.version)
    }
}

/// Something written on a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentOut<'a> {
    id: CommentId,
    ticket_id: TicketId,
    /// Who wrote it.
    user_id: UserId,
    content: &'a str,
    /// For agents only.
    is_internal: bool,
    created_at: When,
    updated_at: When,
}

impl<'a> From<&'a Comment> for CommentOut<'a> {
    fn from(comment: &'a Comment) -> Self {
        Self {
            id: comment.id,
            ticket_id: comment.ticket_id,
            user_id: comment.user_id,
            content: comment.content.as_str(),
            is_internal: comment.is_internal,
            created_at: When(comment.created_at),
            updated_at: When(comment.updated_at),
        }
    }
}

impl CommentOut<'_> {
    /// The answer to having written it.
    pub fn created(comment: &Comment) -> Answer {
        Answer::created(format!("/tickets/{}/comments", comment.ticket_id), &CommentOut::from(comment))
    }
}

/// A line of a ticket's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryOut<'a> {
    id: HistoryId,
    /// Who did it; `null` when it happened by itself.
    user_id: Option<UserId>,
    #[schema(value_type = String, example = "STATUS_CHANGED")]
    action: &'static str,
    /// The field that changed.
    field_name: Option<&'a str>,
    old_value: Option<&'a str>,
    new_value: Option<&'a str>,
    /// What was said with it.
    comment: Option<&'a str>,
    created_at: When,
}

impl<'a> From<&'a HistoryEntry> for HistoryOut<'a> {
    fn from(line: &'a HistoryEntry) -> Self {
        Self {
            id: line.id,
            user_id: line.user_id,
            action: line.action.as_str(),
            field_name: line.field.as_deref(),
            old_value: line.old.as_deref(),
            new_value: line.new.as_deref(),
            comment: line.comment.as_deref(),
            created_at: When(line.created_at),
        }
    }
}

/// A file of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentOut<'a> {
    file_id: FileId,
    file_name: &'a str,
    /// In bytes.
    file_size: i64,
    uploaded_by: UserId,
    created_at: When,
}

impl<'a> From<&'a Attachment> for AttachmentOut<'a> {
    fn from(file: &'a Attachment) -> Self {
        Self {
            file_id: file.file_id,
            file_name: &file.file_name,
            file_size: file.file_size,
            uploaded_by: file.uploaded_by,
            created_at: When(file.created_at),
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
    started_at: When,
    due_at: When,
    /// When it was stopped, by the answer or by the solution.
    stopped_at: Option<When>,
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
    from: When,
    to: When,
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
            from: When(it.span.from),
            to: When(it.span.to),
            state: match it.state {
                State::Running => "running",
                State::Paused => "paused",
                State::OffHours => "off_hours",
            },
            seconds: it.span.length().as_seconds_f64(),
        };
        Self {
            target_seconds: clock.target.as_seconds_f64(),
            started_at: When(clock.started_at),
            due_at: When(clock.due_at),
            stopped_at: clock.stopped_at.map(When),
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
pub struct ExportOut<'a> {
    /// The tickets that they opened.
    tickets: Vec<TicketOut<'a>>,
    /// What they wrote, on whichever ticket.
    comments: Vec<CommentOut<'a>>,
    /// What they did, to whichever ticket.
    history: Vec<ExportedLine<'a>>,
    /// The files that they brought.
    attachments: Vec<ExportedFile<'a>>,
}

/// A line of a history, with the ticket that it belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedLine<'a> {
    ticket_id: TicketId,
    #[serde(flatten)]
    line: HistoryOut<'a>,
}

/// A file, with the ticket that it belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedFile<'a> {
    ticket_id: TicketId,
    #[serde(flatten)]
    file: AttachmentOut<'a>,
}

impl<'a> ExportOut<'a> {
    /// As it stands at `now`.
    pub fn at(export: &'a Export, rules: &Rules, now: Timestamp) -> Self {
        let line = |line: &'a HistoryEntry| ExportedLine { ticket_id: line.ticket_id, line: line.into() };
        let file = |file: &'a Attachment| ExportedFile { ticket_id: file.ticket_id, file: file.into() };
        Self {
            tickets: export.tickets.iter().map(|ticket| TicketOut::at(ticket, rules, now)).collect(),
            comments: export.comments.iter().map(CommentOut::from).collect(),
            history: export.history.iter().map(line).collect(),
            attachments: export.attachments.iter().map(file).collect(),
        }
    }
}
