use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SlaClock;
use crate::{
    clock::Timestamp,
    ids::{AlertId, EventId, UserId},
};

/// What an alert is about: which one is `id`, and what kind of name that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertSubject {
    /// What kind of name it is.
    pub kind: AlertSubjectKind,
    /// Which one.
    pub id: String,
}

/// By what kind of name an alert calls its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertSubjectKind {
    /// An account that was signed in to: its user's id.
    Account,
    /// An account, or an address that has none, by the SHA-256 of its e-mail address.
    EmailHash,
    /// A client's address; of IPv6 its network (/64).
    Address,
    /// Somebody who did something: the user's id.
    Actor,
}

/// Many events together look like an attack, or like somebody who takes or destroys more than is usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityAlert {
    /// The alert.
    pub alert_id: AlertId,
    /// The rule that raised it: `failed_logins`, `failed_logins_address`, `many_addresses`, `mass_download` or
    /// `mass_deletion`.
    pub rule: String,
    /// What it is about.
    pub subject: AlertSubject,
    /// The account behind the subject, when there is one.
    pub user_id: Option<UserId>,
    /// The length of the window in which was counted.
    pub window_seconds: u64,
    /// How many there were in it: events, or, by the rule `many_addresses`, different addresses.
    pub count: u64,
    /// How many are too many.
    pub threshold: u32,
    /// How many events caused it.
    pub event_count: u64,
    /// When the first of them happened.
    pub first_at: Timestamp,
    /// When the last of them happened.
    pub last_at: Timestamp,
    /// Which events those are, in the order of their happening: when there are more than 100, the newest, or the newest
    /// of each address.
    pub event_ids: Vec<EventId>,
}

/// Of the tickets that came near the end of a clock, too many went past it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlaAlert {
    /// The alert.
    pub alert_id: AlertId,
    /// The rule that raised it: `sla_decay`.
    pub rule: String,
    /// Which clock.
    pub clock: SlaClock,
    /// The length of the window in which was counted.
    pub window_seconds: u64,
    /// How many tickets went past the end.
    pub count: u64,
    /// How many came near it or went past it.
    pub of: u64,
    /// How many in a hundred are too many.
    pub threshold: u32,
    /// Of how many tickets at least.
    pub minimum: u32,
    /// How many events told of those that went past the end.
    pub event_count: u64,
    /// When the first of them happened.
    pub first_at: Timestamp,
    /// When the last of them happened.
    pub last_at: Timestamp,
    /// Which events those are, in the order of their happening: when there are more than 100, the newest.
    pub event_ids: Vec<EventId>,
}
