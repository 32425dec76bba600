//! Alerts: what a rule made of many events.

use serde_json::{Value, json};
use shared::{
    events::{SecurityAlert, SlaAlert},
    ids::UserId,
};

use super::handlers::Audited;

impl Audited for SecurityAlert {
    const PERSONAL: &'static [&'static str] = &["subject.id"];

    fn person(&self) -> Option<UserId> {
        self.user_id
    }

    fn details(self) -> Value {
        json!({
            "rule": self.rule,
            "subject": self.subject,
            "userId": self.user_id,
            "windowSeconds": self.window_seconds,
            "count": self.count,
            "threshold": self.threshold,
            "eventCount": self.event_count,
            "firstAt": self.first_at,
            "lastAt": self.last_at,
            "eventIds": self.event_ids,
        })
    }
}

impl Audited for SlaAlert {
    fn person(&self) -> Option<UserId> {
        None
    }

    fn details(self) -> Value {
        json!({
            "rule": self.rule,
            "clock": self.clock,
            "windowSeconds": self.window_seconds,
            "count": self.count,
            "of": self.of,
            "threshold": self.threshold,
            "minimum": self.minimum,
            "eventCount": self.event_count,
            "firstAt": self.first_at,
            "lastAt": self.last_at,
            "eventIds": self.event_ids,
        })
    }
}
