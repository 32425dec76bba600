use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    http::{FieldErrors, Input},
    ids::{DeliveryId, TicketId},
};
use utoipa::ToSchema;

use crate::{
    domain::{Language, Recipient, Template},
    service::{Export, Exported, Line, PreferencesPatch, PreferencesShown},
};

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
    pub created_at: DateTime<Utc>,
    /// When it was read; null while it is unread.
    pub read_at: Option<DateTime<Utc>>,
}

impl From<Line> for NotificationOut {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            template: line.template.to_string(),
            title: line.title,
            ticket_id: line.ticket,
            created_at: line.created_at,
            read_at: line.read_at,
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

/// What one wants to be told, and in which language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreferencesOut {
    /// `fr` or `en`.
    #[schema(example = "fr")]
    pub language: String,
    /// Whether each optional mail is sent. Mails that guard the account are always sent and do not stand here.
    pub email: BTreeMap<String, bool>,
}

impl From<PreferencesShown> for PreferencesOut {
    fn from(shown: PreferencesShown) -> Self {
        Self {
            language: shown.language.to_string(),
            email: shown.email.into_iter().map(|(template, wanted)| (template.to_string(), wanted)).collect(),
        }
    }
}

/// What is to change; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreferencesIn {
    /// `fr` or `en`.
    #[schema(example = "en")]
    pub language: Option<String>,
    /// Template to yes or no.
    pub email: Option<BTreeMap<String, bool>>,
}

/// More entries than there will ever be templates.
const MOST_TEMPLATES: usize = 50;

impl Input for PreferencesIn {
    type Parsed = PreferencesPatch;

    fn parse(self, errors: &mut FieldErrors) -> Option<PreferencesPatch> {
        let email = self.email.unwrap_or_default();
        if email.len() > MOST_TEMPLATES {
            errors.add("email", "too_many", "there are not that many templates");
            return None;
        }
        let mut patch = PreferencesPatch::default();
        if let Some(tag) = self.language {
            match tag.parse::<Language>() {
                Ok(language) => patch.language = Some(language),
                Err(fault) => errors.add("language", "unknown_language", fault.to_string()),
            }
        }
        for (name, wanted) in email {
            match name.parse::<Template>() {
                Ok(template) => patch.email.push((template, wanted)),
                Err(_) => errors.add("email", "unknown_template", "there is no template of that name"),
            }
        }
        errors.is_empty().then_some(patch)
    }
}

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
    created_at: DateTime<Utc>,
    /// When it was sent.
    sent_at: Option<DateTime<Utc>>,
    /// When it was read.
    read_at: Option<DateTime<Utc>>,
    /// When it becomes worthless.
    expires_at: Option<DateTime<Utc>>,
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
            created_at: record.created_at,
            sent_at: record.sent_at,
            read_at: record.read_at,
            expires_at: record.expires_at,
        }
    }
}
