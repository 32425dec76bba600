//! What an administrator does to somebody. Auth is asked first, with the administrator's own token: it knows who may, and
//! whether somebody is left to administer. What it answers is noted at once, so that the administrator reads it.

use shared::auth::{Caller, Role};
use shared::db::Tx;
use shared::http::CallError;
use shared::ids::UserId;

use super::{App, account};
use crate::domain::{Account, Known, Person, ProfilePatch};
use crate::{Error, store};

impl App {
    /// Gives somebody a role.
    ///
    /// # Errors
    /// There is nobody; what auth says; auth or the database is away.
    pub async fn change_role(&self, admin: &Caller, user_id: UserId, role: Role) -> Result<Person, Error> {
        self.must_live(user_id).await?;
        let said = self.auth.set_role(admin, user_id, role).await?;
        let tx = self.db.begin().await?;
        let person = self.with_account(&tx, user_id, Some(said)).await?;
        self.commit_living(tx, person).await
    }

    /// Edits somebody's profile, and closes or opens their account where that is asked too: both or, if auth does not
    /// agree, neither.
    ///
    /// # Errors
    /// There is nobody; what auth says; auth or the database is away.
    pub async fn change(
        &self,
        admin: &Caller,
        user_id: UserId,
        patch: ProfilePatch,
        is_active: Option<bool>,
    ) -> Result<Person, Error> {
        self.must_live(user_id).await?;
        let said = match is_active {
            Some(is_active) => Some(self.auth.set_active(admin, user_id, is_active).await?),
            None => None,
        };
        let tx = self.db.begin().await?;
        let mut person = self.with_account(&tx, user_id, said).await?;
        if let Some(change) = person.profile.edit(patch, admin.user_id, self.now()) {
            person = store::save(&tx, person, change).await?;
        }
        self.commit_living(tx, person).await
    }

    /// Ends somebody's account and erases them; every service does so on auth's event.
    ///
    /// # Errors
    /// There is nobody; what auth says; auth or the database is away.
    pub async fn delete(&self, admin: &Caller, user_id: UserId) -> Result<(), Error> {
        self.must_live(user_id).await?;
        match self.auth.delete(admin, user_id).await {
            // Auth did it before, and the answer or we were lost on the way: the rest is still to be done.
            Ok(()) | Err(CallError::NotFound) => {}
            Err(fault) => return Err(fault.into()),
        }
        let tx = self.db.begin().await?;
        let erased = account::erase(&tx, &self.shelf, user_id, self.now()).await?;
        self.commit(tx, erased).await?;
        tracing::info!(by = %admin.user_id, user = %user_id, "somebody was erased");
        Ok(())
    }

    /// Nobody is asked about somebody who is not there.
    async fn must_live(&self, user_id: UserId) -> Result<(), Error> {
        match store::find(self.db.conn(), user_id).await? {
            Some(Known::Living(_)) => Ok(()),
            Some(Known::Erased { .. }) | None => Err(Error::NotFound),
        }
    }

    /// Somebody, locked, after what auth said of the account.
    async fn with_account(&self, tx: &Tx, user_id: UserId, said: Option<Account>) -> Result<Person, Error> {
        let mut known = store::lock(tx, user_id).await?.ok_or(Error::NotFound)?;
        if let Some(said) = said {
            known = account::learn(tx, &self.shelf, known, |copy| copy.learn(said)).await?;
        }
        known.living().ok_or(Error::NotFound)
    }
}
