use serde::{Deserialize, Serialize};
use shared::http::When;
use shared::ids::{DeliveryId, TicketId};
use utoipa::ToSchema;

use crate::service::Line;

/// Which of one's notifications to list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationFilter {
    /// `true`: the unread ones only; `false`: the read ones only.
    pub unread: Option<bool>,
}

/// A notification of one's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationOut {
    /// Which.
    pub id: DeliveryId,
    /// What kind, as in `ticket_created`.
    #[schema(example = "ticket_created")]
    pub template: String,
    /// One line, in the reader's language.
    #[schema(example = "Ticket #HD-000042 créé - Imprimante en panne")]
    pub title: String,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// When it came.
    pub created_at: When,
    /// When it was read; null while it is unread.
    pub read_at: Option<When>,
}

impl From<Line> for NotificationOut {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            template: line.template.to_string(),
            title: line.title,
            ticket_id: line.ticket,
            created_at: When(line.created_at),
            read_at: line.read_at.map(When),
        }
    }
}

/// How many of one's notifications are unread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadCount {
    /// That many.
    pub count: u64,
}
