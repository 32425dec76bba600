use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{DeliveryId, EventId, UserId};

/// A notification left the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationSent {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// The event or command that asked for it.
    pub event_id: EventId,
    /// The template.
    pub template: String,
    /// `email`, later others.
    pub channel: String,
    /// The recipient.
    pub user_id: UserId,
}

/// A notification was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationFailed {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// The event or command that asked for it.
    pub event_id: EventId,
    /// The template.
    pub template: String,
    /// `email`, later others.
    pub channel: String,
    /// The recipient.
    pub user_id: UserId,
    /// Why, in words.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
}
