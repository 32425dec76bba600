use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FieldChange;
use crate::{
    clock::Timestamp,
    ids::{SessionId, UserId},
};

/// An account was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    /// The new account.
    pub user_id: UserId,
    /// Its address, normalised.
    pub email: String,
    /// `user`, `agent` or `admin`.
    pub role: String,
}

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLogin {
    /// Who.
    pub user_id: UserId,
    /// The session that began.
    pub session_id: SessionId,
    /// The client's address.
    pub ip: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

/// Somebody tried to sign in and was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLoginFailed {
    /// The account, when the address belongs to one.
    pub user_id: Option<UserId>,
    /// SHA-256 of the normalised address: it tells attempts on one account apart from others, and names nobody.
    pub email_hash: String,
    /// `bad_credentials`, `locked` or `inactive`.
    pub reason: String,
    /// The client's address.
    pub ip: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

/// Somebody signed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLogout {
    /// Who.
    pub user_id: UserId,
    /// The session that asked.
    pub session_id: SessionId,
    /// Whether all other sessions ended with it.
    pub all_sessions: bool,
}

/// Too many failures: the address is refused for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLocked {
    /// The account, when the address belongs to one.
    pub user_id: Option<UserId>,
    /// SHA-256 of the normalised address.
    pub email_hash: String,
    /// How many failures led to it.
    pub failures: u32,
    /// When it may try again.
    pub until: Timestamp,
}

/// The owner of an account proved that the address is theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEmailVerified {
    /// Whose.
    pub user_id: UserId,
    /// The address.
    pub email: String,
}

/// The owner changed the password, knowing the old one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPasswordChanged {
    /// Whose.
    pub user_id: UserId,
}

/// The owner set a new password through a link sent by mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPasswordReset {
    /// Whose.
    pub user_id: UserId,
}

/// An administrator gave another role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRoleChanged {
    /// Whose.
    pub user_id: UserId,
    /// The role before.
    pub old_role: String,
    /// The role from now on.
    pub new_role: String,
}

/// An administrator closed or opened an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserStatusChanged {
    /// Whose.
    pub user_id: UserId,
    /// Whether it may be used from now on.
    pub is_active: bool,
}

/// The profile changed; the fields that others show are repeated as they are now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfileUpdated {
    /// Whose.
    pub user_id: UserId,
    /// As it is now.
    pub first_name: Option<String>,
    /// As it is now.
    pub last_name: Option<String>,
    /// The preferred language as it is now, `fr` or `en`.
    pub language: Option<String>,
    /// What was changed.
    pub changes: Vec<FieldChange>,
}

/// The picture changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAvatarChanged {
    /// Whose.
    pub user_id: UserId,
    /// Where it is served; null when it was taken away.
    pub avatar_url: Option<String>,
}

/// The account ended; every service anonymises what it holds on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDeleted {
    /// Whose.
    pub user_id: UserId,
}

/// A session ended: its tokens are refused everywhere from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRevoked {
    /// The session.
    pub session_id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// `logout`, `ended`, `password_changed`, `password_reset`, `role_changed`, `deactivated` or `token_reuse`.
    pub reason: String,
    /// When its last access token expires: nobody needs to remember the session after that.
    pub until: Timestamp,
}
