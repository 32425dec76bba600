use shared::ids::UserId;

use super::App;
use crate::domain::{ListActivities, ListPeople, PastActivity, Person, Stats};
use crate::{Error, store};

impl App {
    /// Somebody.
    ///
    /// # Errors
    /// There is nobody, or the database is away.
    pub async fn person(&self, user_id: UserId) -> Result<Person, Error> {
        self.known(user_id).await?.and_then(|known| known.living()).ok_or(Error::NotFound)
    }

    /// The people wanted, sorted, at most `limit` of them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn people(&self, wanted: &ListPeople) -> Result<Vec<Person>, Error> {
        Ok(store::people::list(self.db.conn(), wanted).await?)
    }

    /// How many people there are, and of which kinds.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stats(&self) -> Result<Stats, Error> {
        Ok(store::people::stats(&self.db, self.now().date_naive()).await?)
    }

    /// The activities wanted, sorted, at most `limit` of them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn activities(&self, wanted: &ListActivities) -> Result<Vec<PastActivity>, Error> {
        Ok(store::activities::list(self.db.conn(), wanted).await?)
    }
}
