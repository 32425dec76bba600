//! Accounts, sign-ins and sessions.

use serde_json::{Value, json};
use shared::events::{
    SessionRevoked, UserDeleted, UserEmailVerified, UserLocked, UserLogin, UserLoginFailed, UserLogout,
    UserPasswordChanged, UserPasswordReset, UserRegistered, UserRoleChanged, UserStatusChanged,
};
use shared::ids::UserId;

use super::{Origin, handlers::Audited};

impl Audited for UserRegistered {
    const PERSONAL: &'static [&'static str] = &["email"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "email": self.email, "role": self.role })
    }
}

impl Audited for UserLogin {
    const PERSONAL: &'static [&'static str] = &["ip", "userAgent"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "sessionId": self.session_id })
    }

    fn origin(&self) -> Origin {
        Origin { ip: self.ip.clone(), user_agent: self.user_agent.clone() }
    }
}

impl Audited for UserLoginFailed {
    const PERSONAL: &'static [&'static str] = &["emailHash", "ip", "userAgent"];

    fn person(&self) -> Option<UserId> {
        self.user_id
    }

    fn details(self) -> Value {
        json!({ "emailHash": self.email_hash, "reason": self.reason })
    }

    fn origin(&self) -> Origin {
        Origin { ip: self.ip.clone(), user_agent: self.user_agent.clone() }
    }
}

impl Audited for UserLogout {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "sessionId": self.session_id, "allSessions": self.all_sessions })
    }
}

impl Audited for UserLocked {
    const PERSONAL: &'static [&'static str] = &["emailHash"];

    fn person(&self) -> Option<UserId> {
        self.user_id
    }

    fn details(self) -> Value {
        json!({ "emailHash": self.email_hash, "failures": self.failures, "until": self.until })
    }
}

impl Audited for UserEmailVerified {
    const PERSONAL: &'static [&'static str] = &["email"];

    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "email": self.email })
    }
}

impl Audited for UserPasswordChanged {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({})
    }
}

impl Audited for UserPasswordReset {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({})
    }
}

impl Audited for UserRoleChanged {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "oldRole": self.old_role, "newRole": self.new_role })
    }
}

impl Audited for UserStatusChanged {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "isActive": self.is_active })
    }
}

impl Audited for UserDeleted {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({})
    }
}

impl Audited for SessionRevoked {
    fn person(&self) -> Option<UserId> {
        Some(self.user_id)
    }

    fn details(self) -> Value {
        json!({ "userId": self.user_id, "reason": self.reason })
    }
}
