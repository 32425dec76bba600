use shared::auth::Caller;
use shared::ids::TicketId;

use super::App;
use crate::domain::{ListTickets, Ticket, Visibility};
use crate::{Error, store};

impl App {
    /// A ticket that the caller may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not there and for one that is out of the caller's sight, alike.
    pub async fn ticket(&self, caller: &Caller, id: TicketId) -> Result<Ticket, Error> {
        store::find(self.db.conn(), id, Visibility::of(caller)).await?.ok_or(Error::NotFound)
    }

    /// The tickets wanted, sorted, at most `limit` of them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list(&self, wanted: &ListTickets) -> Result<Vec<Ticket>, Error> {
        Ok(store::list(self.db.conn(), wanted).await?)
    }
}
