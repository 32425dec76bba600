use shared::auth::{Caller, Role};
use shared::ids::UserId;
use shared::stamped::Stamped;

/// What auth says of an account. Auth owns it; here it is a copy, and each part of it knows how new it is by auth's own
/// count of the account's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub user_id: UserId,
    /// The address.
    pub email: Stamped<String>,
    /// The role.
    pub role: Stamped<Role>,
    /// Whether its owner may sign in.
    pub is_active: Stamped<bool>,
}

impl Account {
    /// As it was at `version`, whole.
    pub fn at(version: i64, user_id: UserId, email: String, role: Role, is_active: bool) -> Self {
        Self {
            user_id,
            email: Stamped::new(email, version),
            role: Stamped::new(role, version),
            is_active: Stamped::new(is_active, version),
        }
    }

    /// What a token tells. It does not tell the version, so every event is newer.
    pub fn of(caller: &Caller) -> Self {
        Self::at(0, caller.user_id, caller.email.clone(), caller.role, true)
    }

    /// Takes over what another copy knows better.
    pub fn learn(&mut self, other: Self) {
        let Self { email, role, is_active, .. } = other;
        self.email.take(email.value().clone(), email.version());
        self.role.take(*role.value(), role.version());
        self.is_active.take(*is_active.value(), is_active.version());
    }
}
