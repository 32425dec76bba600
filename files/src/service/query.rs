use shared::auth::Caller;
use shared::http::When;
use shared::ids::{FileId, TicketId};
use shared::page::{Cursor, Page, PageQuery};

use super::{App, Visible};
use crate::domain::File;
use crate::error::Error;
use crate::store;

impl App {
    /// A file, with the proof that the caller sees its ticket: for who reads.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file for this caller.
    pub async fn file(&self, caller: &Caller, id: FileId) -> Result<(Visible, File), Error> {
        let file = store::find(&self.db, id).await?.ok_or(Error::NotFound)?;
        let ticket = self.glance(caller, file.ticket_id).await?;
        Ok((ticket, file))
    }

    /// The same for who is about to write: tickets is asked, whatever it said a moment ago.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file for this caller.
    pub async fn file_now(&self, caller: &Caller, id: FileId) -> Result<File, Error> {
        let file = store::find(&self.db, id).await?.ok_or(Error::NotFound)?;
        self.see(caller, file.ticket_id).await?;
        Ok(file)
    }

    /// The files of a ticket, a page at a time. `after` is the key of the last one on the page before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller does not see the ticket.
    pub async fn files(
        &self,
        caller: &Caller,
        ticket: TicketId,
        page: &PageQuery,
        after: Option<(When, FileId)>,
    ) -> Result<Page<File>, Error> {
        let ticket = self.glance(caller, ticket).await?;
        let after = after.map(|(at, id)| (at.0, id));
        let rows =
            store::of_ticket(&self.db, ticket.ticket(), after, page.sort.descending, page.limit + 1).await?;
        Ok(Page::of(rows, page.limit, |file| Cursor::of(&page.sort, &(When(file.created_at), file.id))))
    }
}
