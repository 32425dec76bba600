//! Messages to people.

use serde_json::{Value, json};
use shared::events::{NotificationFailed, NotificationSent};

use super::handlers::Audited;

impl Audited for NotificationSent {
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
