use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::http::{Answer, FieldErrors, FieldFault, Input};
use shared::ids::{TicketId, UserId};
use utoipa::ToSchema;

use crate::domain::{
    Category, Description, OpenTicket, Priority, Status, TextFault, Ticket, Title, UnknownWord,
};

/// A ticket to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketIn {
    /// What it is about, in one line.
    #[schema(value_type = String, required, min_length = 1, max_length = 255, example = "The printer is on fire")]
    title: Option<String>,
    /// What happened.
    #[schema(value_type = String, required, min_length = 1, max_length = 20_000, example = "Second floor, by the lift.")]
    description: Option<String>,
    /// The drawer it belongs in.
    #[schema(value_type = String, required, min_length = 1, max_length = 50, example = "Hardware")]
    category: Option<String>,
    /// How pressing it is; `MEDIUM` when nothing is said.
    #[schema(value_type = Option<Priority>)]
    priority: Option<String>,
}

impl Input for TicketIn {
    type Parsed = OpenTicket;

    fn parse(self, errors: &mut FieldErrors) -> Option<OpenTicket> {
        let title =
            errors.required("title", self.title).and_then(|text| errors.take("title", Title::parse(&text)));
        let description = errors
            .required("description", self.description)
            .and_then(|text| errors.take("description", Description::parse(&text)));
        let category = errors
            .required("category", self.category)
            .and_then(|text| errors.take("category", Category::parse(&text)));
        let priority = match self.priority {
            Some(word) => errors.take("priority", word.parse()),
            None => Some(Priority::default()),
        };
        Some(OpenTicket {
            title: title?,
            description: description?,
            category: category?,
            priority: priority?,
        })
    }
}

impl FieldFault for TextFault {
    fn code(&self) -> &str {
        match self {
            Self::Blank => "blank",
            Self::TooLong { .. } => "too_long",
            Self::Control => "control_character",
        }
    }
}

impl FieldFault for UnknownWord {
    fn code(&self) -> &str {
        "unknown_value"
    }
}

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
    /// Seconds left until the due date; 0 when it is over.
    remaining_seconds: i64,
    /// Seconds for which the clock has stood still.
    paused_seconds: i64,
}

impl TicketOut {
    /// The ticket as it stands at `now`.
    pub fn at(ticket: &Ticket, now: Timestamp) -> Self {
        let standing = ticket.standing(now);
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
            resolution: ticket.resolution.clone(),
            due_date: ticket.sla.resolution_due_at,
            resolved_at: ticket.resolved_at,
            closed_at: ticket.closed_at,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            version: ticket.version,
            sla: SlaOut {
                response_due_at: ticket.sla.response_due_at,
                responded_at: ticket.sla.responded_at,
                resolution_due_at: ticket.sla.resolution_due_at,
                overdue: standing.overdue,
                remaining_seconds: standing.remaining.num_seconds(),
                paused_seconds: ticket.sla.paused.num_seconds(),
            },
        }
    }

    /// The answer to having opened it, as it stood at that moment.
    pub fn created(ticket: &Ticket) -> Answer {
        Answer::created(format!("/tickets/{}", ticket.id), &Self::at(ticket, ticket.created_at))
            .etag(ticket.version)
    }
}
