//! Everything that auth keeps on somebody, for that somebody.

use shared::auth::Caller;

use super::App;
use crate::{
    Error,
    domain::{Account, Session},
    store,
};

impl App {
    /// The caller's account, and all sessions of it that are remembered, the oldest first.
    ///
    /// # Errors
    /// [`Error::SignedOut`].
    pub async fn export(&self, caller: &Caller) -> Result<(Account, Vec<Session>), Error> {
        let (account, _) = self.glance(caller).await?;
        let sessions = store::sessions::all(self.0.db.conn(), account.id()).await?;
        Ok((account, sessions))
    }
}
