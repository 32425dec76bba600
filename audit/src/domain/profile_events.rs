//! Profiles.

use serde_json::{Value, json};
use shared::events::{UserAvatarChanged, UserProfileUpdated};
use shared::ids::UserId;

use super::handlers::Audited;

impl Audited for UserProfileUpdated {
    const PERSONAL: &'static [&'static str] = &["firstName", "lastName", "changes.*.old", "changes.*.new"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "changes": self.changes })
    }
}

impl Audited for UserAvatarChanged {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "removed": self.avatar_url.is_none() })
    }
}
