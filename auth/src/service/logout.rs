//! Signing out.

use shared::auth::Caller;

use super::App;
use crate::{Error, store};

impl App {
    /// Ends the caller's session, or all of the caller's sessions.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when the session has ended already.
    pub async fn logout(&self, caller: &Caller, all_sessions: bool) -> Result<(), Error> {
        let now = self.now();
        let tx = self.0.db.begin().await?;
        let (account, session) = self.present(&tx, caller).await?;
        let others = match all_sessions {
            true => {
                let mut live = store::sessions::all_live(&*tx, account.id(), now).await?;
                live.retain(|other| other.id != session.id);
                Some(live)
            }
            false => None,
        };
        let change = account.sign_out(session, others, &self.0.lifetimes, now);
        self.commit(tx, change).await.map(|_| ())
    }
}
