use serde::{Deserialize, Serialize};

use super::Role;
use crate::ids::{SessionId, UserId};

/// The `typ` of an access token (RFC 9068): no other kind of token is taken for one.
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What an access token says. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The account.
    pub user_id: UserId,
    /// Its e-mail address.
    pub email: String,
    /// Its role.
    pub role: Role,
    /// Issued at.
    pub iat: i64,
    /// Not to be taken before.
    pub nbf: i64,
    /// Not to be taken from then on.
    pub exp: i64,
    /// Who issued it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The account again, where standard tools look for it.
    pub sub: UserId,
    /// The token's own id.
    pub jti: String,
    /// The session.
    pub sid: SessionId,
}
