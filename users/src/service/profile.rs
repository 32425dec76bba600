use sea_orm::DbErr;
use shared::auth::Caller;
use shared::db::Tx;

use super::{App, account};
use crate::domain::{Account, Profile, ProfilePatch};
use crate::{Error, store};

impl App {
    /// The caller's profile. When `user.registered` has not arrived yet, it is made here, from the token.
    ///
    /// # Errors
    /// The database is away.
    pub async fn profile(&self, caller: &Caller) -> Result<Profile, Error> {
        if let Some(profile) = store::find(self.db.conn(), caller.user_id).await? {
            return Ok(profile);
        }
        let tx = self.db.begin().await?;
        let profile = self.profile_for_edit(&tx, caller).await?;
        tx.commit().await?;
        Ok(profile)
    }

    /// Edits the caller's own profile; an edit that changes nothing writes nothing and tells nobody.
    ///
    /// # Errors
    /// The database is away.
    pub async fn edit(&self, caller: &Caller, patch: ProfilePatch) -> Result<Profile, Error> {
        let tx = self.db.begin().await?;
        let present = self.profile_for_edit(&tx, caller).await?;
        let edited = match present.edit(patch, self.clock.now()) {
            Some(change) => store::save(&tx, change).await?,
            None => present,
        };
        tx.commit().await?;
        Ok(edited)
    }

    /// The caller's profile, made if need be, and nobody else's to edit until the transaction ends.
    async fn profile_for_edit(&self, tx: &Tx, caller: &Caller) -> Result<Profile, DbErr> {
        if let Some(profile) = store::find_for_edit(tx, caller.user_id).await? {
            return Ok(profile);
        }
        account::register(tx, &Account::of(caller), self.clock.now()).await?;
        let made = store::find_for_edit(tx, caller.user_id).await?;
        made.ok_or_else(|| DbErr::RecordNotFound("the profile that was just made".into()))
    }
}
