use shared::auth::Caller;

use super::{App, begin::begin};
use crate::domain::{Profile, ProfilePatch};
use crate::{Error, store};

impl App {
    /// Edits the caller's own profile; an edit that changes nothing writes nothing and tells nobody.
    ///
    /// # Errors
    /// The database is away.
    pub async fn edit(&self, caller: &Caller, patch: ProfilePatch) -> Result<Profile, Error> {
        let tx = self.db.begin().await?;
        begin(&tx, caller.user_id, caller.email.clone(), self.clock.now()).await?;
        let present = store::find_locked(&tx, caller.user_id).await?;
        let edited = match present.edit(patch, self.clock.now()) {
            Some(change) => store::save(&tx, change).await?,
            None => present,
        };
        tx.commit().await?;
        Ok(edited)
    }
}
