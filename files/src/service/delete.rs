use sea_orm::DbErr;
use shared::auth::Caller;
use shared::ids::FileId;

use super::App;
use crate::error::Error;
use crate::store;

impl App {
    /// Removes a file from sight. Its bytes stay in the bucket until it is purged.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller does not see it or somebody else was quicker, and a broken rule when it is
    /// neither the caller's own nor the caller an administrator.
    pub async fn delete(&self, caller: &Caller, id: FileId) -> Result<(), Error> {
        let file = self.file_now(caller, id).await?;
        let change = file.delete(caller, self.clock.now())?;
        let tx = self.db.begin().await?;
        match store::save(&tx, change).await {
            Err(DbErr::RecordNotUpdated) => return Err(Error::NotFound),
            saved => saved?,
        };
        Ok(tx.commit().await?)
    }
}
