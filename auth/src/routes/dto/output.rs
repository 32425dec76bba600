//! What goes out.

use serde::Serialize;
use shared::{
    auth::Role,
    clock::Timestamp,
    http::Problem,
    ids::{SessionId, UserId},
};
use utoipa::{IntoResponses, ToSchema};

use crate::{
    domain::{Account, Session},
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
    /// Goes up with every change.
    version: i64,
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
            version: state.version,
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

/// Everything that auth keeps on somebody.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOut {
    account: AccountOut,
    sessions: Vec<ExportedSession>,
}

/// One sign-in, over or not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedSession {
    id: SessionId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it was ended before that.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl ExportOut {
    /// Of an account and its sessions.
    pub fn of(account: &Account, sessions: Vec<Session>) -> Self {
        let sessions = sessions.into_iter().map(ExportedSession::from).collect();
        Self { account: AccountOut::from(account), sessions }
    }
}

impl From<Session> for ExportedSession {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            ended_at: session.ended_at,
            ip: session.ip.map(|ip| ip.to_string()),
            user_agent: session.user_agent,
        }
    }
}

/// What an administrator may be told instead, whatever is to be done to an account.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it is there for the document; the refusals themselves are errors")]
pub enum AdminRefusal {
    /// Malformed JSON, or an unknown field
    #[response(status = 400)]
    Unreadable(Problem),
    /// No valid token
    #[response(status = 401)]
    Unauthorized(Problem),
    /// Not an administrator
    #[response(status = 403)]
    Forbidden(Problem),
    /// No such account
    #[response(status = 404)]
    NotFound(Problem),
    /// The own account, or the last active administrator
    #[response(status = 409)]
    Conflict(Problem),
    /// A value is invalid
    #[response(status = 422)]
    Invalid(Problem),
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
