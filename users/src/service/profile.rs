use shared::auth::Caller;
use shared::db::Tx;

use super::{App, account};
use crate::domain::{Account, Person, ProfilePatch};
use crate::{Error, store};

impl App {
    /// The caller's profile. When `user.registered` has not arrived yet, it is made here, from the token.
    ///
    /// # Errors
    /// The caller was erased, or the database is away.
    pub async fn profile(&self, caller: &Caller) -> Result<Person, Error> {
        if let Some(known) = self.known(caller.user_id).await? {
            return known.living().ok_or(Error::Erased);
        }
        let tx = self.db.begin().await?;
        let person = self.own(&tx, caller).await?;
        self.commit_living(tx, person).await
    }

    /// Edits the caller's own profile; an edit that changes nothing writes nothing and tells nobody.
    ///
    /// # Errors
    /// The caller was erased, or the database is away.
    pub async fn edit(&self, caller: &Caller, patch: ProfilePatch) -> Result<Person, Error> {
        let tx = self.db.begin().await?;
        let mut person = self.own(&tx, caller).await?;
        if let Some(change) = person.profile.edit(patch, caller.user_id, self.now()) {
            person = store::save(&tx, person, change).await?;
        }
        self.commit_living(tx, person).await
    }

    /// The caller, made if need be, and nobody else's to write until the transaction ends.
    pub(super) async fn own(&self, tx: &Tx, caller: &Caller) -> Result<Person, Error> {
        let known = match store::lock(tx, caller.user_id).await? {
            Some(known) => known,
            None => account::register(tx, &self.shelf, Account::of(caller), self.now()).await?,
        };
        known.living().ok_or(Error::Erased)
    }
}
