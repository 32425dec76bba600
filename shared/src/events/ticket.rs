use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ids::{CommentId, TicketId, UserId},
};

/// One field of something, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The field's name as in the API.
    pub field: String,
    /// The value before; null when there was none.
    pub old: Option<String>,
    /// The value after; null when there is none.
    pub new: Option<String>,
}

/// A ticket was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketCreated {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number, as in `HD-000042`.
    pub ticket_number: String,
    /// Its title.
    pub title: String,
    /// `LOW`, `MEDIUM`, `HIGH` or `URGENT`.
    pub priority: String,
    /// Its category.
    pub category: String,
    /// The requester.
    pub user_id: UserId,
    /// When it should be resolved.
    pub due_date: Timestamp,
}

/// Fields of a ticket were changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketUpdated {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title, as it is now.
    pub title: String,
    /// Its status, which an update leaves as it is.
    pub status: String,
    /// The requester.
    pub user_id: UserId,
    /// Who has it.
    pub assigned_to: Option<UserId>,
    /// What was changed, field by field.
    pub changes: Vec<FieldChange>,
}

/// A ticket was given to an agent, or taken from one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketAssigned {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title.
    pub title: String,
    /// Its priority.
    pub priority: String,
    /// The requester.
    pub user_id: UserId,
    /// Who had it before.
    pub previous: Option<UserId>,
    /// Who has it now.
    pub assigned_to: Option<UserId>,
    /// When it should be resolved.
    pub due_date: Timestamp,
}

/// A ticket moved in the workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketStatusChanged {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title.
    pub title: String,
    /// The requester.
    pub user_id: UserId,
    /// Who has it.
    pub assigned_to: Option<UserId>,
    /// The status before.
    pub old_status: String,
    /// The status after.
    pub new_status: String,
    /// What was said with the move, for all to read.
    pub comment: Option<String>,
    /// What else was changed with the move, field by field: the resolution, the due date.
    pub changes: Vec<FieldChange>,
}

/// Somebody wrote on a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketCommented {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title.
    pub title: String,
    /// Its status.
    pub status: String,
    /// The comment.
    pub comment_id: CommentId,
    /// The requester (who wrote is the envelope's `userId`).
    pub user_id: UserId,
    /// Who has the ticket.
    pub assigned_to: Option<UserId>,
    /// Whether it is for agents only.
    pub is_internal: bool,
    /// What was written; null when it is for agents only, for events travel further than they.
    pub content: Option<String>,
}

/// A ticket was withdrawn by its requester.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketDeleted {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// The requester.
    pub user_id: UserId,
}

/// Which of a ticket's two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlaClock {
    /// Until the first public answer by an agent.
    Response,
    /// Until the resolution.
    Resolution,
}

/// A clock has run 80 % of its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketSlaWarning {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title.
    pub title: String,
    /// Its priority.
    pub priority: String,
    /// The requester.
    pub user_id: UserId,
    /// Which clock.
    pub clock: SlaClock,
    /// When it runs out.
    pub due_at: Timestamp,
    /// Who has the ticket.
    pub assigned_to: Option<UserId>,
}

/// A clock has run out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketSlaBreached {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title.
    pub title: String,
    /// Its priority.
    pub priority: String,
    /// The requester.
    pub user_id: UserId,
    /// Which clock.
    pub clock: SlaClock,
    /// When it ran out.
    pub due_at: Timestamp,
    /// Who has the ticket.
    pub assigned_to: Option<UserId>,
}
