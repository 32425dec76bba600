//! A session: one sign-in of one user, and the chain of refresh tokens that keeps it alive.

use std::net::IpAddr;

use chrono::Duration;
use shared::{
    clock::Timestamp,
    events::SessionRevoked,
    ids::{RefreshTokenId, SessionId, UserId},
};

use super::{client::Client, token::TokenHash};

/// A second use of a refresh token is taken for an accident (two tabs, a retry) that long after the first one.
const ACCIDENT: Duration = Duration::seconds(10);
/// How far the clocks of two of our machines may be apart: a revocation outlives the last token by that.
const CLOCK_SKEW: Duration = Duration::minutes(5);

/// How long things live, from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// An access token.
    pub access: Duration,
    /// A refresh token; each use gives a new one.
    pub refresh: Duration,
    /// A session, however often it is refreshed.
    pub session: Duration,
}

/// Why a session ended; part of `session.revoked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its user signed out.
    Logout,
    /// Its user ended it from another session.
    Ended,
    /// The password was changed.
    PasswordChanged,
    /// The password was reset by mail.
    PasswordReset,
    /// The role was changed: the tokens out there hold the old one.
    RoleChanged,
    /// An administrator closed, opened or deleted the account.
    Deactivated,
    /// A refresh token was used a second time: one of the two users is a thief.
    TokenReuse,
}

impl EndReason {
    /// The word in the event and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EndReason::Logout => "logout",
            EndReason::Ended => "ended",
            EndReason::PasswordChanged => "password_changed",
            EndReason::PasswordReset => "password_reset",
            EndReason::RoleChanged => "role_changed",
            EndReason::Deactivated => "deactivated",
            EndReason::TokenReuse => "token_reuse",
        }
    }
}

/// One sign-in of one user.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its id: `sid` in the access tokens.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, as far as written down.
    pub last_seen_at: Timestamp,
    /// When it is over if it is not refreshed.
    pub expires_at: Timestamp,
    /// When it was ended before that.
    pub ended_at: Option<Timestamp>,
    /// From where it was last refreshed.
    pub ip: Option<IpAddr>,
    /// With which program.
    pub user_agent: Option<String>,
}

impl Session {
    /// Begins a session.
    #[must_use]
    pub fn open(user_id: UserId, client: &Client, lifetimes: &Lifetimes, now: Timestamp) -> Self {
        let session = Session {
            id: SessionId::at(now),
            user_id,
            created_at: now,
            last_seen_at: now,
            expires_at: now,
            ended_at: None,
            ip: client.ip,
            user_agent: client.user_agent.clone(),
        };
        session.seen_from(client, lifetimes, now)
    }

    /// The session after a refresh at `now`: it lives on, but not beyond its longest life.
    #[must_use]
    pub fn seen_from(self, client: &Client, lifetimes: &Lifetimes, now: Timestamp) -> Self {
        let expires_at = (now + lifetimes.refresh.max(lifetimes.access)).min(self.ends(lifetimes));
        Session {
            last_seen_at: now,
            expires_at,
            ip: client.ip.or(self.ip),
            user_agent: client.user_agent.clone().or(self.user_agent),
            ..self
        }
    }

    /// Whether it may still be used.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }

    /// When an access token made at `now` expires.
    #[must_use]
    pub fn access_expires(&self, lifetimes: &Lifetimes, now: Timestamp) -> Timestamp {
        (now + lifetimes.access).min(self.ends(lifetimes))
    }

    /// Ends it. The event says until when it has to be remembered: no access token of it lives longer.
    #[must_use]
    pub fn end(self, reason: EndReason, lifetimes: &Lifetimes, now: Timestamp) -> EndedSession {
        EndedSession {
            id: self.id,
            user_id: self.user_id,
            reason,
            ended_at: now,
            until: now + lifetimes.access + CLOCK_SKEW,
        }
    }

    /// The refresh token that begins or goes on with the session.
    #[must_use]
    pub fn refresh_token(&self, hash: TokenHash, lifetimes: &Lifetimes, now: Timestamp) -> RefreshToken {
        RefreshToken {
            id: RefreshTokenId::at(now),
            user_id: self.user_id,
            session_id: self.id,
            hash,
            created_at: now,
            expires_at: (now + lifetimes.refresh).min(self.ends(lifetimes)),
            rotated_at: None,
            is_revoked: false,
        }
    }

    fn ends(&self, lifetimes: &Lifetimes) -> Timestamp {
        self.created_at + lifetimes.session
    }
}

/// A session on its way to be ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Why.
    pub reason: EndReason,
    /// When.
    pub ended_at: Timestamp,
    /// Until when its access tokens would have been good.
    pub until: Timestamp,
}

impl EndedSession {
    /// What the world is told.
    #[must_use]
    pub fn event(&self) -> SessionRevoked {
        SessionRevoked {
            session_id: self.id,
            user_id: self.user_id,
            reason: self.reason.as_str().to_owned(),
            until: self.until,
        }
    }
}

/// One link of the chain of a session's refresh tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshToken {
    /// Its row.
    pub id: RefreshTokenId,
    /// Whose.
    pub user_id: UserId,
    /// Of which session.
    pub session_id: SessionId,
    /// What it hashes to.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
    /// When it was exchanged for the next one.
    pub rotated_at: Option<Timestamp>,
    /// Whether its session was ended.
    pub is_revoked: bool,
}

/// What the use of a refresh token comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is exchanged.
    Rotate,
    /// It is refused, and nothing else happens: expired, revoked, or used twice at nearly the same time.
    Refuse,
    /// It is refused and its session ends: somebody kept a token that was spent long ago (RFC 9700 § 4.14.2).
    Reuse,
}

impl RefreshToken {
    /// Judges a use at `now`.
    #[must_use]
    pub fn judge(&self, session: &Session, now: Timestamp) -> Use {
        if !session.is_live(now) || self.is_revoked {
            return Use::Refuse;
        }
        match self.rotated_at {
            Some(rotated) if now - rotated > ACCIDENT => Use::Reuse,
            Some(_) => Use::Refuse,
            None if self.expires_at <= now => Use::Refuse,
            None => Use::Rotate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::Token;

    const LIVES: Lifetimes =
        Lifetimes { access: Duration::hours(24), refresh: Duration::days(7), session: Duration::days(30) };

    fn start() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    fn session() -> Session {
        Session::open(UserId::at(start()), &Client::default(), &LIVES, start())
    }

    #[test]
    fn a_refresh_token_is_judged_by_its_age_its_use_and_its_session() {
        let session = session();
        let fresh = session.refresh_token(Token::of([1; 32]).hash(), &LIVES, start());
        let rotated = RefreshToken { rotated_at: Some(start()), ..fresh.clone() };
        let revoked = RefreshToken { is_revoked: true, ..rotated.clone() };
        let ended = Session { ended_at: Some(start()), ..session.clone() };
        let second = Duration::seconds(1);
        let cases = [
            ("fresh", &fresh, &session, second, Use::Rotate),
            ("just before it expires", &fresh, &session, Duration::days(7) - second, Use::Rotate),
            ("expired", &fresh, &session, Duration::days(7), Use::Refuse),
            ("a second use at once", &rotated, &session, Duration::zero(), Use::Refuse),
            ("a second use after ten seconds", &rotated, &session, second * 10, Use::Refuse),
            ("a second use later", &rotated, &session, second * 10 + Duration::microseconds(1), Use::Reuse),
            ("a second use of a revoked one", &revoked, &session, second * 60, Use::Refuse),
            ("fresh, of an ended session", &fresh, &ended, second, Use::Refuse),
            ("rotated, of an ended session", &rotated, &ended, second * 60, Use::Refuse),
        ];
        for (name, token, session, after, expected) in cases {
            assert_eq!(token.judge(session, start() + after), expected, "{name}");
        }
    }

    #[test]
    fn a_session_lives_on_with_each_refresh_but_not_for_ever() {
        let mut session = session();
        for day in 1..=29 {
            let now = start() + Duration::days(day);
            assert!(session.is_live(now), "day {day}");
            session = session.seen_from(&Client::default(), &LIVES, now);
        }
        let end = start() + LIVES.session;
        assert_eq!(session.expires_at, end);
        let late = end - Duration::hours(1);
        assert_eq!(session.access_expires(&LIVES, late), end);
        assert_eq!(session.refresh_token(Token::of([1; 32]).hash(), &LIVES, late).expires_at, end);
        assert!(!session.is_live(end));
    }

    #[test]
    fn an_ended_session_is_remembered_until_its_last_token_is_dead() {
        let session = session();
        let now = start() + Duration::hours(3);
        let last_token = session.access_expires(&LIVES, now);
        assert!(session.end(EndReason::Logout, &LIVES, now).until > last_token);
    }
}
