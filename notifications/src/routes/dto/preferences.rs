use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::http::{FieldErrors, Input};
use utoipa::ToSchema;

use crate::{
    domain::{Channel, Language, Rhythm, Template},
    service::{PreferencesPatch, PreferencesShown},
};

/// What one wants to be told, which way, and in which language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreferencesOut {
    /// `fr` or `en`.
    #[schema(example = "fr")]
    pub language: String,
    /// How often mails come that may wait: `immediately`, `hourly` or `daily`.
    #[schema(example = "immediately")]
    pub digest: String,
    /// Whether each optional mail is sent. Mails that guard the account are always sent and do not stand here.
    pub email: BTreeMap<String, bool>,
    /// Whether each stands in one's list.
    pub in_app: BTreeMap<String, bool>,
    /// Whether each comes as a text message, where there is a gateway for them.
    pub sms: BTreeMap<String, bool>,
    /// Whether each comes as a push message, where there is a gateway for them.
    pub push: BTreeMap<String, bool>,
}

impl From<PreferencesShown> for PreferencesOut {
    fn from(mut shown: PreferencesShown) -> Self {
        let mut wanted = |channel: Channel| {
            let wanted = shown.wanted.remove(channel.as_str()).unwrap_or_default();
            wanted.into_iter().map(|(template, wanted)| (template.to_string(), wanted)).collect()
        };
        Self {
            email: wanted(Channel::Email),
            in_app: wanted(Channel::InApp),
            sms: wanted(Channel::Sms),
            push: wanted(Channel::Push),
            language: shown.language.to_string(),
            digest: shown.rhythm.to_string(),
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
    /// `immediately`, `hourly` or `daily`.
    #[schema(example = "daily")]
    pub digest: Option<String>,
    /// Template to yes or no.
    pub email: Option<BTreeMap<String, bool>>,
    /// Template to yes or no.
    pub in_app: Option<BTreeMap<String, bool>>,
    /// Template to yes or no.
    pub sms: Option<BTreeMap<String, bool>>,
    /// Template to yes or no.
    pub push: Option<BTreeMap<String, bool>>,
}

/// More entries than there will ever be templates.
const MOST_TEMPLATES: usize = 50;

impl Input for PreferencesIn {
    type Parsed = PreferencesPatch;

    fn parse(self, errors: &mut FieldErrors) -> Option<PreferencesPatch> {
        let mut patch = PreferencesPatch::default();
        if let Some(tag) = self.language {
            match tag.parse::<Language>() {
                Ok(language) => patch.language = Some(language),
                Err(fault) => errors.add("language", "unknown_language", fault.to_string()),
            }
        }
        if let Some(name) = self.digest {
            match name.parse::<Rhythm>() {
                Ok(rhythm) => patch.rhythm = Some(rhythm),
                Err(fault) => errors.add("digest", "unknown_digest", fault.to_string()),
            }
        }
        for (field, channel, choices) in [
            ("email", Channel::Email, self.email),
            ("inApp", Channel::InApp, self.in_app),
            ("sms", Channel::Sms, self.sms),
            ("push", Channel::Push, self.push),
        ] {
            let choices = choices.unwrap_or_default();
            if choices.len() > MOST_TEMPLATES {
                errors.add(field, "too_many", "there are not that many templates");
                continue;
            }
            for (name, wanted) in choices {
                match name.parse::<Template>() {
                    Ok(template) => patch.wanted.push((channel, template, wanted)),
                    Err(_) => errors.add(field, "unknown_template", "there is no template of that name"),
                }
            }
        }
        errors.is_empty().then_some(patch)
    }
}
