use shared::auth::Caller;
use shared::http::{Answer, Once};

use super::App;
use crate::domain::{OpenTicket, Ticket};
use crate::{Error, store};

impl App {
    /// Opens a ticket for the caller. Asked again with the same `Idempotency-Key`, it gives the first answer again.
    ///
    /// # Errors
    /// The key was used with another body, or the database is away.
    pub async fn open(
        &self,
        caller: &Caller,
        wanted: OpenTicket,
        once: Once<Ticket>,
    ) -> Result<Answer, Error> {
        let tx = self.db.begin().await?;
        if let Some(answer) = once.claim(&tx).await? {
            return Ok(answer);
        }
        let number = store::next_number(&tx).await?;
        let change = Ticket::open(wanted, number, caller, &self.rules, self.clock.now());
        let ticket = store::save(&tx, change).await?.ok_or(Error::NotFound)?;
        let answer = once.answer(&tx, &ticket).await?;
        tx.commit().await?;
        Ok(answer)
    }
}
