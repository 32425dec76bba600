//! Where am I signed in?

use shared::{auth::Caller, clock::Timestamp, ids::SessionId};

use super::App;
use crate::{
    Error,
    domain::{EndReason, Session},
    store,
};

/// A session as its owner sees it.
pub struct Shown {
    /// The session.
    pub session: Session,
    /// When it was last used, by all that is known.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

impl App {
    /// The caller's sessions, the newest first.
    ///
    /// # Errors
    /// [`Error::SignedOut`].
    pub async fn list_sessions(&self, caller: &Caller) -> Result<Vec<Shown>, Error> {
        self.glance(caller).await?;
        let sessions = store::sessions::shown(self.0.db.conn(), caller.user_id, self.now()).await?;
        let mut shown = Vec::with_capacity(sessions.len());
        for session in sessions {
            let seen = self.0.seen.last(&self.0.cache, session.id).await;
            shown.push(Shown {
                last_seen_at: seen.map_or(session.last_seen_at, |seen| seen.max(session.last_seen_at)),
                is_current: session.id == caller.session_id,
                session,
            });
        }
        Ok(shown)
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there, over, or another's; [`Error::SignedOut`].
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), Error> {
        let now = self.now();
        let tx = self.0.db.begin().await?;
        let (account, _) = self.present(&tx, caller).await?;
        let session = store::sessions::by_id(&*tx, id).await?;
        let own = |session: &Session| session.user_id == account.id() && session.is_live(now);
        let session = session.filter(own).ok_or(Error::NotFound)?;
        let change = account.end_session(session, EndReason::Ended, &self.0.lifetimes, now);
        self.commit(tx, change).await.map(|_| ())
    }
}
