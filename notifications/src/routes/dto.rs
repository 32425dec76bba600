use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    http::{FieldErrors, Input},
    ids::{DeliveryId, TicketId},
};
use utoipa::ToSchema;

use crate::{
    domain::{Language, Template},
    service::{Line, PreferencesPatch, PreferencesShown},
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
