//! Streams that clients follow live: waiting for what is new, a sign of life in between, and when it is over.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Caller, Revocations},
    clock::{Clock, Timestamp},
    ids::SessionId,
    process::Process,
};

/// How often a follower's right to go on is looked at.
const RECHECK: Duration = Duration::from_secs(1);
/// An idle stream says something every so many rechecks, lest a proxy take it for dead.
const HEARTBEAT: u32 = 15;

/// What the live streams of a service go by; clones share it.
#[derive(Clone)]
pub struct Live {
    clock: Clock,
    revocations: Revocations,
    stopping: CancellationToken,
}

/// What a follower gets next.
#[derive(Debug)]
pub enum Next<T> {
    /// This, which is new.
    Found(T),
    /// Nothing for a while; the stream is alive.
    Silence,
    /// Nothing any more: the process stops, the session has ended, or the stream's own rule says so.
    End,
}

/// A client's place at a live end. Thousands may have one at a time, so it holds no more than it must.
pub struct Follower {
    live: Live,
    /// Whose right to follow ends with it; nobody's, where it is the operator's.
    session: Option<(SessionId, Timestamp)>,
    end: watch::Receiver<i64>,
    quiet: u32,
}

impl Live {
    /// Within this process.
    #[must_use]
    pub fn new(process: &Process) -> Self {
        Self {
            clock: process.clock.clone(),
            revocations: process.revocations.clone(),
            stopping: process.lifecycle.stopping(),
        }
    }

    /// Follows for as long as the caller's session lives; `end` changes when there is something new.
    #[must_use]
    pub fn follow(&self, caller: &Caller, end: watch::Receiver<i64>) -> Follower {
        let session = Some((caller.session_id, caller.expires_at));
        Follower { live: self.clone(), session, end, quiet: 0 }
    }

    /// Follows for as long as the process lives: for the operator on the machine itself, who needs no session.
    #[must_use]
    pub fn follow_as_operator(&self, end: watch::Receiver<i64>) -> Follower {
        Follower { live: self.clone(), session: None, end, quiet: 0 }
    }
}

impl Follower {
    /// Waits for what comes next: reads until `read` finds something, once now and then at every change of the end.
    /// `is_over` is the stream's own rule by which it ends.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn next<T, E>(
        &mut self,
        is_over: impl Fn() -> bool,
        mut read: impl AsyncFnMut() -> Result<Option<T>, E>,
    ) -> Result<Next<T>, E> {
        loop {
            if self.has_ended() || is_over() {
                return Ok(Next::End);
            }
            // Marked as seen before reading, so that what is written in between shows as a change.
            self.end.mark_unchanged();
            // Apart, so that there is only room for it while it reads, and followers nearly always wait.
            if let Some(found) = Box::pin(read()).await? {
                self.quiet = 0;
                return Ok(Next::Found(found));
            }
            loop {
                tokio::select! {
                    () = self.live.stopping.cancelled() => return Ok(Next::End),
                    _ = self.end.changed() => break,
                    () = tokio::time::sleep(RECHECK) => {}
                }
                if self.has_ended() || is_over() {
                    return Ok(Next::End);
                }
                self.quiet += 1;
                if self.quiet.is_multiple_of(HEARTBEAT) {
                    return Ok(Next::Silence);
                }
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.live.stopping.is_cancelled()
            || self.session.is_some_and(|(session, expires_at)| {
                expires_at <= self.live.clock.now() || self.live.revocations.is_revoked(session)
            })
    }
}
