use shared::auth::{Caller, Role};
use shared::ids::UserId;

/// What auth says of an account. Auth owns it; here it is a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub user_id: UserId,
    /// The address.
    pub email: String,
    /// The role.
    pub role: Role,
    /// Auth's count of the account's changes, by which an older word never overwrites a newer one.
    pub version: i64,
}

impl Account {
    /// What a token tells. It does not tell the version, so every event is newer.
    pub fn of(caller: &Caller) -> Self {
        Self { user_id: caller.user_id, email: caller.email.clone(), role: caller.role, version: 0 }
    }
}
