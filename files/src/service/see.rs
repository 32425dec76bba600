use serde::Deserialize;
use shared::auth::Caller;
use shared::ids::TicketId;

use super::App;
use crate::error::Error;

/// A ticket that the caller was found to see. What touches a ticket's files asks for one, so that nothing can forget to
/// ask tickets first.
#[derive(Clone, Copy, Debug)]
pub struct Visible(TicketId);

impl Visible {
    /// The ticket.
    pub fn ticket(self) -> TicketId {
        self.0
    }
}

/// What is needed of tickets' answer: that there is one, and that it is the right one.
#[derive(Deserialize)]
struct Seen {
    id: TicketId,
}

impl App {
    /// Asks tickets, with the caller's own token, whether the caller sees a ticket. Nothing is remembered: who lost
    /// sight of a ticket loses its files with the same answer.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such ticket for this caller, [`Error::Tickets`] when tickets is away.
    pub async fn see(&self, caller: &Caller, ticket: TicketId) -> Result<Visible, Error> {
        let seen: Seen = self.tickets.get(&format!("/tickets/{ticket}"), caller).await?;
        if seen.id == ticket { Ok(Visible(ticket)) } else { Err(Error::NotFound) }
    }
}
