//! Profiles.

use serde_json::{Value, json};
use shared::events::{UserAvatarChanged, UserProfileUpdated};

use super::handlers::Audited;

impl Audited for UserProfileUpdated {
    fn details(self) -> Value {
        json!({ "changes": self.changes })
    }
}

impl Audited for UserAvatarChanged {
    fn details(self) -> Value {
        json!({ "removed": self.avatar_url.is_none() })
    }
}
