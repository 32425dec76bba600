use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::clock::{Clock, Timestamp};
use crate::ids::SessionId;

/// The sessions that have ended while access tokens of theirs still live. Fed by `session.revoked`; one for all
/// services of a process. Until the feed has caught up nobody can be let in.
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    clock: Clock,
    followed: AtomicBool,
    loaded: AtomicBool,
    ended: RwLock<Ended>,
}

#[derive(Default)]
struct Ended {
    until: HashMap<SessionId, Timestamp>,
    /// How many there may be before the expired ones are looked for.
    purge_at: usize,
}

const SMALLEST_PURGE: usize = 1024;

impl Revocations {
    /// None known, and not loaded.
    pub fn new(clock: Clock) -> Self {
        Revocations(Arc::new(Inner {
            clock,
            followed: AtomicBool::new(false),
            loaded: AtomicBool::new(false),
            ended: RwLock::default(),
        }))
    }

    /// Refuses the session until `until`, by when its last access token has expired. The later of two counts.
    pub fn revoke(&self, session: SessionId, until: Timestamp) {
        let now = self.0.clock.now();
        let mut ended = self.0.ended.write().unwrap_or_else(PoisonError::into_inner);
        if until > now {
            let entry = ended.until.entry(session).or_insert(until);
            *entry = until.max(*entry);
        }
        // Looking through all of them each time the number has doubled costs a constant each.
        if ended.until.len() >= ended.purge_at.max(SMALLEST_PURGE) {
            ended.until.retain(|_, until| *until > now);
            ended.purge_at = ended.until.len() * 2;
        }
    }

    /// Whether tokens of the session are to be refused.
    pub fn is_revoked(&self, session: SessionId) -> bool {
        let ended = self.0.ended.read().unwrap_or_else(PoisonError::into_inner);
        ended.until.get(&session).is_some_and(|until| *until > self.0.clock.now())
    }

    /// Whether the caller is the first in this process that wants to follow the feed, and so is the one that does.
    pub(crate) fn begin_following(&self) -> bool {
        !self.0.followed.swap(true, Ordering::AcqRel)
    }

    /// The feed has caught up with the present.
    pub fn set_loaded(&self) {
        self.0.loaded.store(true, Ordering::Release);
    }

    /// Whether the feed has once caught up with the present.
    pub fn is_loaded(&self) -> bool {
        self.0.loaded.load(Ordering::Acquire)
    }

    /// Forgets what has expired.
    pub fn purge(&self, now: Timestamp) {
        let mut ended = self.0.ended.write().unwrap_or_else(PoisonError::into_inner);
        ended.until.retain(|_, until| *until > now);
        ended.until.shrink_to_fit();
        ended.purge_at = ended.until.len() * 2;
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.0.ended.read().unwrap_or_else(PoisonError::into_inner).until.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn an_ended_session_is_refused_until_its_tokens_have_expired() {
        let clock = Clock::fixed("2026-01-31T10:00:00Z".parse().unwrap());
        let revocations = Revocations::new(clock.clone());
        let (session, other) = (SessionId::at(clock.now()), SessionId::at(clock.now()));
        revocations.revoke(session, clock.now() + Duration::hours(2));
        revocations.revoke(session, clock.now() + Duration::hours(1)); // a replay of an earlier event
        assert!(revocations.is_revoked(session) && !revocations.is_revoked(other));
        clock.advance(Duration::minutes(90));
        assert!(revocations.is_revoked(session));
        clock.advance(Duration::minutes(30));
        assert!(!revocations.is_revoked(session));
        revocations.purge(clock.now());
        assert!(revocations.is_empty());
    }

    #[test]
    fn the_expired_do_not_pile_up() {
        let clock = Clock::fixed("2026-01-31T10:00:00Z".parse().unwrap());
        let revocations = Revocations::new(clock.clone());
        for _ in 0..10_000 {
            revocations.revoke(SessionId::at(clock.now()), clock.now() + Duration::seconds(10));
            clock.advance(Duration::seconds(1));
        }
        assert!(revocations.len() <= SMALLEST_PURGE, "{}", revocations.len());
    }
}
