use shared::auth::Caller;
use shared::clock::Timestamp;

use super::App;
use crate::clients::Exports;
use crate::domain::{PastActivity, Person};
use crate::{Error, store};

/// Everything that the system keeps on somebody.
pub struct Export {
    /// When.
    pub at: Timestamp,
    /// What this service knows of them.
    pub person: Person,
    /// All that was done to their profile, the oldest first.
    pub activities: Vec<PastActivity>,
    /// What the others keep.
    pub others: Exports,
}

impl App {
    /// Everything that the six services keep on the caller: all of it or nothing.
    ///
    /// # Errors
    /// The caller was erased; one of the others or the database is away.
    pub async fn export(&self, caller: &Caller) -> Result<Export, Error> {
        let person = self.profile(caller).await?;
        let others = self.exports.gather(caller).await?;
        let activities = store::activities::all(self.db.conn(), caller.user_id).await?;
        Ok(Export { at: self.now(), person, activities, others })
    }
}
