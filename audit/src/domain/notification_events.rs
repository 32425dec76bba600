//! Messages to people.

use serde_json::{Value, json};
use shared::events::{NotificationFailed, NotificationSent};
use shared::ids::UserId;

use super::handlers::Audited;

impl Audited for NotificationSent {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "eventId": self.event_id,
            "template": self.template,
            "channel": self.channel,
            "recipient": self.user_id,
        })
    }
}

impl Audited for NotificationFailed {
    const PERSONAL: &'static [&'static str] = &["reason"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({
            "eventId": self.event_id,
            "template": self.template,
            "channel": self.channel,
            "recipient": self.user_id,
            "reason": self.reason,
            "attempts": self.attempts,
        })
    }
}
