use serde::{Deserialize, Serialize};
use shared::{
    http::{ApiError, Code, When},
    ids::{DeliveryId, EventId, TicketId, UserId},
};
use utoipa::ToSchema;

use crate::{
    domain::{Channel, Status, Template},
    service::Entry,
};

/// Which deliveries to list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LedgerFilter {
    status: Option<String>,
    template: Option<String>,
    channel: Option<String>,
    /// Only those to this person.
    pub user_id: Option<UserId>,
    /// Only those about this ticket.
    pub ticket_id: Option<TicketId>,
}

impl LedgerFilter {
    /// The status asked for.
    pub fn status(&self) -> Result<Option<Status>, ApiError> {
        read("status", self.status.as_deref())
    }

    /// The template asked for.
    pub fn template(&self) -> Result<Option<Template>, ApiError> {
        read("template", self.template.as_deref())
    }

    /// The channel asked for.
    pub fn channel(&self) -> Result<Option<Channel>, ApiError> {
        read("channel", self.channel.as_deref())
    }
}

fn read<T: std::str::FromStr>(name: &str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    text.map(|text| {
        text.parse().map_err(|_| {
            let what = format!("is no {name}");
            ApiError::new(Code::BadQuery).detail(format!("{name} {what}.")).field(name, "bad_query", what)
        })
    })
    .transpose()
}

/// A line of the ledger: what became of a message to somebody, and why. Not what it says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryOut {
    /// Which.
    id: DeliveryId,
    /// The event or command that it answers.
    event_id: EventId,
    /// Whom it is to or was to reach.
    user_id: UserId,
    /// `email`, `in_app`, `sms` or `push`.
    #[schema(example = "email")]
    channel: String,
    /// What kind, as in `ticket_created`.
    #[schema(example = "ticket_created")]
    template: String,
    /// `pending`, `sent`, `failed`, `suppressed`, `collected` (waits for the digest) or `digested`.
    #[schema(example = "suppressed")]
    status: String,
    /// Why it waits, failed or was suppressed.
    #[schema(example = "switched off by the recipient")]
    reason: Option<String>,
    /// The ticket that it is about.
    ticket_id: Option<TicketId>,
    /// How many attempts have failed.
    attempts: i32,
    /// When it is tried next; null when it is not.
    next_attempt_at: Option<When>,
    /// The digest that took it along.
    digest_id: Option<DeliveryId>,
    /// When it was ordered.
    created_at: When,
    /// When it was sent.
    sent_at: Option<When>,
}

impl From<Entry> for EntryOut {
    fn from(entry: Entry) -> Self {
        let waits = [Status::Pending, Status::Collected].map(Status::as_str).contains(&entry.status.as_str());
        Self {
            id: entry.id,
            event_id: entry.cause,
            user_id: entry.recipient,
            channel: entry.channel,
            template: entry.template,
            status: entry.status,
            reason: entry.reason,
            ticket_id: entry.ticket,
            attempts: entry.attempts,
            next_attempt_at: waits.then_some(When(entry.next_attempt_at)),
            digest_id: entry.digest,
            created_at: When(entry.created_at),
            sent_at: entry.sent_at.map(When),
        }
    }
}
