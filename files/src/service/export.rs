use shared::auth::Caller;

use super::App;
use crate::domain::{Avatar, File};
use crate::error::Error;
use crate::store::{self, Noted};

/// All that is kept here about somebody.
pub struct Export {
    /// The files that they brought, the deleted ones too, oldest first.
    pub files: Vec<File>,
    /// What they did with files, oldest first.
    pub accesses: Vec<Noted>,
    /// Their picture.
    pub avatar: Option<Avatar>,
}

impl App {
    /// All that is kept here about the caller.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn export(&self, caller: &Caller) -> Result<Export, Error> {
        let user = caller.user_id;
        Ok(Export {
            files: store::uploaded_by(&self.db, user).await?,
            accesses: store::accesses_of(&self.db, user).await?,
            avatar: store::avatar(self.db.conn(), user).await?,
        })
    }
}
