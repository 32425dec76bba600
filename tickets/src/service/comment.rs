use shared::http::{Answer, Once};

use super::App;
use super::change::Target;
use crate::domain::{Comment, NewComment};
use crate::{Error, store};

impl App {
    /// Writes on a ticket. Asked again with the same `Idempotency-Key`, it gives the first answer again.
    ///
    /// # Errors
    /// As for [`App::edit`], or the key was used with another body.
    pub async fn comment(
        &self,
        target: Target<'_>,
        wanted: NewComment,
        once: Once<Comment>,
    ) -> Result<Answer, Error> {
        let tx = self.db.begin().await?;
        if let Some(answer) = once.claim(&tx).await? {
            return Ok(answer);
        }
        let ticket = self.hold(&tx, target).await?;
        let (change, comment) = ticket.comment(wanted, target.caller, &self.rules, self.clock.now())?;
        store::save(&tx, change).await?;
        let answer = once.answer(&tx, &comment).await?;
        tx.commit().await?;
        Ok(answer)
    }
}
