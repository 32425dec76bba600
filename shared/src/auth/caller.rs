use std::fmt;
use std::sync::Arc;

use super::Role;
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};

/// Who makes a request, from a verified access token. As an extractor: 401 without one.
#[derive(Clone)]
pub struct Caller {
    /// The account.
    pub user_id: UserId,
    /// The session that the token belongs to.
    pub session_id: SessionId,
    /// The role that the token was issued with; a change of role ends the session.
    pub role: Role,
    /// The account's e-mail address.
    pub email: String,
    /// When the token expires.
    pub expires_at: Timestamp,
    token: Arc<str>,
}

impl Caller {
    /// A caller from parts; the verifier and tests make them.
    pub fn new(
        user_id: UserId,
        session_id: SessionId,
        role: Role,
        email: &str,
        expires_at: Timestamp,
        token: &str,
    ) -> Self {
        Caller { user_id, session_id, role, email: email.into(), expires_at, token: token.into() }
    }

    /// The access token itself, to be passed on when acting for the caller in another service. Never to be logged.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether the caller's role is this one or higher.
    pub fn is(&self, role: Role) -> bool {
        self.role >= role
    }
}

/// Without the token: what is debug-printed gets logged.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("user_id", &self.user_id)
            .field("session_id", &self.session_id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A caller who is an agent or an admin. As an extractor: 403 otherwise.
#[derive(Clone, Debug)]
pub struct Agent(pub Caller);

/// A caller who is an admin. As an extractor: 403 otherwise.
#[derive(Clone, Debug)]
pub struct Admin(pub Caller);

/// The caller of a public route, if there is one. A token that is refused counts as none.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Option<Caller>);
