//! A new password in place of a known one.

use shared::auth::Caller;

use super::{App, attempt::Failure};
use crate::{Error, domain::Client, store};

impl App {
    /// Sets a new password; the caller's other sessions end. Guessing the current one counts like guessing at login,
    /// for a stolen token must not become a stolen account.
    ///
    /// # Errors
    /// [`Error::CurrentPassword`], [`Error::Password`], [`Error::Locked`], [`Error::SignedOut`].
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: String,
        new: String,
        client: &Client,
    ) -> Result<(), Error> {
        let (found, _) = self.glance(caller).await?;
        let new = self.0.policy.parse(new, Some(found.email()))?;
        let attempt = self.attempt(found.email().as_str(), client).await?;
        let known = &found.state().password_hash;
        if !self.0.hasher.matches(current, Some(known)).await? {
            self.failed(attempt, Failure::BadCredentials).await?;
            return Err(Error::CurrentPassword);
        }
        let hash = self.0.hasher.hash(new).await?;

        let now = self.now();
        let tx = self.0.db.begin().await?;
        let (account, session) = self.present(&tx, caller).await?;
        if account.state().password_hash != *known {
            return Err(Error::CurrentPassword);
        }
        let mut others = store::sessions::all_live(&*tx, account.id(), now).await?;
        others.retain(|other| other.id != session.id);
        let change = account.change_password(hash, others, &self.0.lifetimes, now);
        self.commit(tx, change).await?;
        self.forgive(found.email()).await;
        drop(attempt);
        Ok(())
    }
}
