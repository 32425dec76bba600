//! What goes out.

use serde::Serialize;
use shared::{
    auth::Role,
    clock::Timestamp,
    ids::{SessionId, UserId},
};
use utoipa::ToSchema;

use crate::{
    domain::Account,
    service::{Shown, SignedIn, Verified},
};

/// Somebody is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthResponse {
    /// A JWT, for `Authorization: Bearer`.
    access_token: String,
    /// For `POST /auth/refresh`; good for one use.
    refresh_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// For how many seconds the access token is good.
    #[schema(example = 86_400)]
    expires_in: i64,
    /// Who it is.
    user: AuthUser,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthUser {
    id: UserId,
    #[schema(example = "alice@example.com")]
    email: String,
    role: Role,
    /// Whether the address was proven.
    email_verified: bool,
}

impl From<SignedIn> for AuthResponse {
    fn from(signed_in: SignedIn) -> Self {
        let account = signed_in.account.state();
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token,
            token_type: "Bearer",
            expires_in: signed_in.expires_in,
            user: AuthUser {
                id: account.id,
                email: account.email.to_string(),
                role: account.role,
                email_verified: account.email_verified,
            },
        }
    }
}

/// An account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountOut {
    id: UserId,
    #[schema(example = "alice@example.com")]
    email: String,
    role: Role,
    /// Whether its owner may sign in.
    is_active: bool,
    /// Whether the address was proven.
    email_verified: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its owner last signed in.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
}

impl From<&Account> for AccountOut {
    fn from(account: &Account) -> Self {
        let state = account.state();
        Self {
            id: state.id,
            email: state.email.to_string(),
            role: state.role,
            is_active: state.is_active,
            email_verified: state.email_verified,
            created_at: state.created_at,
            last_login: state.last_login,
        }
    }
}

/// What an access token says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyOut {
    user_id: UserId,
    email: String,
    role: Role,
    /// When it was issued, in seconds since 1970.
    iat: i64,
    /// When it expires, in seconds since 1970.
    exp: i64,
}

impl From<Verified> for VerifyOut {
    fn from(verified: Verified) -> Self {
        let Verified { claims, account } = verified;
        Self {
            user_id: account.id(),
            email: account.email().to_string(),
            role: account.role(),
            iat: claims.iat,
            exp: claims.exp,
        }
    }
}

/// Where an account is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsOut {
    items: Vec<SessionOut>,
}

/// One sign-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionOut {
    id: SessionId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, as far as this service knows.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    /// From which address it was last refreshed.
    ip: Option<String>,
    /// With which program.
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<Vec<Shown>> for SessionsOut {
    fn from(sessions: Vec<Shown>) -> Self {
        Self { items: sessions.into_iter().map(SessionOut::from).collect() }
    }
}

impl From<Shown> for SessionOut {
    fn from(shown: Shown) -> Self {
        let session = shown.session;
        Self {
            id: session.id,
            created_at: session.created_at,
            last_seen_at: shown.last_seen_at,
            ip: session.ip.map(|ip| ip.to_string()),
            user_agent: session.user_agent,
            current: shown.is_current,
        }
    }
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct KeysOut {
    keys: Vec<KeyOut>,
}

/// One public key (RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct KeyOut {
    /// Always `OKP`.
    kty: String,
    /// Always `Ed25519`.
    crv: String,
    /// Always `EdDSA`.
    alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    usage: String,
    /// Its id, in the header of the tokens that it verifies.
    kid: String,
    /// The key, in base64url.
    x: String,
}
