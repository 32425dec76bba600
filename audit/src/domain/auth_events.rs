//! Accounts, sign-ins and sessions.

use serde_json::{Value, json};
use shared::events::{
    SessionRevoked, UserDeleted, UserEmailVerified, UserLocked, UserLogin, UserLoginFailed, UserLogout,
    UserPasswordChanged, UserPasswordReset, UserRegistered, UserRoleChanged, UserStatusChanged,
};

use super::{Origin, handlers::Audited};

impl Audited for UserRegistered {
    fn details(self) -> Value {
        json!({ "email": self.email, "role": self.role })
    }
}

impl Audited for UserLogin {
    fn details(self) -> Value {
        json!({ "sessionId": self.session_id })
    }

    fn origin(&self) -> Origin {
        Origin { ip: self.ip.clone(), user_agent: self.user_agent.clone() }
    }
}

impl Audited for UserLoginFailed {
    fn details(self) -> Value {
        json!({ "emailHash": self.email_hash, "reason": self.reason })
    }

    fn origin(&self) -> Origin {
        Origin { ip: self.ip.clone(), user_agent: self.user_agent.clone() }
    }
}

impl Audited for UserLogout {
    fn details(self) -> Value {
        json!({ "sessionId": self.session_id, "allSessions": self.all_sessions })
    }
}

impl Audited for UserLocked {
    fn details(self) -> Value {
        json!({ "emailHash": self.email_hash, "failures": self.failures, "until": self.until })
    }
}

impl Audited for UserEmailVerified {
    fn details(self) -> Value {
        json!({ "email": self.email })
    }
}

impl Audited for UserPasswordChanged {
    fn details(self) -> Value {
        json!({})
    }
}

impl Audited for UserPasswordReset {
    fn details(self) -> Value {
        json!({})
    }
}

impl Audited for UserRoleChanged {
    fn details(self) -> Value {
        json!({ "oldRole": self.old_role, "newRole": self.new_role })
    }
}

impl Audited for UserStatusChanged {
    fn details(self) -> Value {
        json!({ "isActive": self.is_active })
    }
}

impl Audited for UserDeleted {
    fn details(self) -> Value {
        json!({})
    }
}

impl Audited for SessionRevoked {
    fn details(self) -> Value {
        json!({ "userId": self.user_id, "reason": self.reason })
    }
}
