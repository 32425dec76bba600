use serde::Serialize;
use serde_json::Value;
use shared::http::When;
use shared::ids::{DeliveryId, TicketId};
use utoipa::ToSchema;

use super::PreferencesOut;
use crate::{
    domain::Recipient,
    service::{Export, Exported},
};

/// Everything that this service keeps about the caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOut {
    /// What is known of them, from their account and profile.
    recipient: RecipientOut,
    /// What they want to be told.
    preferences: PreferencesOut,
    /// Every message to them over every channel, the oldest first.
    notifications: Vec<DeliveryOut>,
}

/// A person as this service knows them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecipientOut {
    /// The address; null until the account was heard of.
    email: Option<String>,
    /// `user`, `agent` or `admin`.
    role: Option<String>,
    /// Whether the account may be used.
    is_active: bool,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// The language of the profile.
    language: Option<String>,
}

/// A message to one person over one channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeliveryOut {
    /// Which.
    id: DeliveryId,
    /// `email` or `in_app`.
    #[schema(example = "email")]
    channel: String,
    /// What kind, as in `ticket_created`.
    #[schema(example = "ticket_created")]
    template: String,
    /// `pending`, `sent`, `failed` or `suppressed`.
    #[schema(example = "sent")]
    status: String,
    /// One line, in the reader's language.
    title: String,
    /// The facts that it shows; null where they are or were a secret link.
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
    /// The ticket that it is about.
    ticket_id: Option<TicketId>,
    /// Where it goes, when that is not the address of the account.
    address: Option<String>,
    /// How many attempts have failed.
    attempts: i32,
    /// Why it waits, failed or was suppressed.
    reason: Option<String>,
    /// When it was ordered.
    created_at: When,
    /// When it was sent.
    sent_at: Option<When>,
    /// When it was read.
    read_at: Option<When>,
    /// When it becomes worthless.
    expires_at: Option<When>,
}

impl From<Export> for ExportOut {
    fn from(kept: Export) -> Self {
        Self {
            recipient: kept.recipient.into(),
            preferences: kept.preferences.into(),
            notifications: kept.deliveries.into_iter().map(DeliveryOut::from).collect(),
        }
    }
}

impl From<Recipient> for RecipientOut {
    fn from(recipient: Recipient) -> Self {
        let profile = recipient.profile.value();
        Self {
            email: recipient.address.value().clone(),
            role: recipient.role.value().clone(),
            is_active: *recipient.active.value(),
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            language: profile.language.map(|language| language.to_string()),
        }
    }
}

impl From<Exported> for DeliveryOut {
    fn from(Exported { record, title, is_open }: Exported) -> Self {
        let facts = Some(&record.payload).filter(|_| is_open);
        Self {
            id: record.id,
            details: facts.and_then(|payload| serde_json::from_str(payload).ok()),
            channel: record.channel,
            template: record.template,
            status: record.status,
            title,
            ticket_id: record.ticket,
            address: record.address,
            attempts: record.attempts,
            reason: record.reason,
            created_at: When(record.created_at),
            sent_at: record.sent_at.map(When),
            read_at: record.read_at.map(When),
            expires_at: record.expires_at.map(When),
        }
    }
}
