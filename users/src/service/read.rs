use shared::auth::Caller;

use super::{App, begin::begin};
use crate::domain::Profile;
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
        begin(&tx, caller.user_id, caller.email.clone(), self.clock.now()).await?;
        let profile = store::find_locked(&tx, caller.user_id).await?;
        tx.commit().await?;
        Ok(profile)
    }
}
