use shared::ids::DeliveryId;

use super::App;
use crate::{
    domain::{Channel, Record, SCRUBBED, Search, Status},
    error::Error,
    store::ledger,
};

/// A line of the ledger as an administrator sees it: what became of a message, and why; not what it says.
pub type Entry = Record;

impl App {
    /// A part of the ledger.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ledger(&self, search: &Search) -> Result<Vec<Entry>, Error> {
        Ok(ledger::search(self.db.conn(), search).await?)
    }

    /// Sends once more what was given up or withheld, with all its attempts before it. Whatever spoke against it is asked
    /// again: whoever does not want a mail gets none this way either.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotRetriable`] for what has gone or waits; [`Error::Forgotten`] for a link whose
    /// secret was overwritten, and for what was to reach somebody who is no more.
    pub async fn retry(&self, id: DeliveryId) -> Result<Entry, Error> {
        let tx = self.db.begin().await?;
        let record = ledger::lock(&tx, id).await?.ok_or(Error::NotFound)?;
        let is_over =
            [Status::Failed, Status::Suppressed].map(Status::as_str).contains(&record.status.as_str());
        if !is_over || record.channel == Channel::InApp.as_str() {
            return Err(Error::NotRetriable);
        }
        if record.payload == SCRUBBED {
            return Err(Error::Forgotten);
        }
        let again = ledger::again(&tx, id, self.clock.now()).await?.ok_or(Error::NotFound)?;
        tx.wake_after_commit(&self.wake);
        tx.commit().await?;
        Ok(again)
    }
}
