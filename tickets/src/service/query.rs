use shared::auth::Caller;
use shared::clock::Timestamp;
use shared::events::SlaClock;
use shared::ids::TicketId;

use super::App;
use crate::domain::{Attachment, Comment, Explanation, Found, HistoryEntry, ListTickets, Ticket, Visibility};
use crate::store::{Chapter, Export};
use crate::{Error, store};

/// A ticket as it stood once.
#[derive(Debug, Clone)]
pub struct Past {
    /// The ticket.
    pub ticket: Ticket,
    /// When.
    pub moment: Timestamp,
}

/// Both clocks of a ticket, explained.
#[derive(Debug, Clone)]
pub struct Explained {
    /// Until an agent's first answer.
    pub response: Explanation,
    /// Until the solution.
    pub resolution: Explanation,
}

impl App {
    /// A ticket that the caller may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not there and for one that is out of the caller's sight, alike.
    pub async fn ticket(&self, caller: &Caller, id: TicketId) -> Result<Ticket, Error> {
        store::find(self.db.conn(), id, Visibility::of(caller)).await?.ok_or(Error::NotFound)
    }

    /// A ticket as it stood at some moment; a moment yet to come is now.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when it was not there yet.
    pub async fn ticket_at(&self, caller: &Caller, id: TicketId, moment: Timestamp) -> Result<Past, Error> {
        // The history first: a change in between adds to it what the ticket then has, and is undone with the rest.
        let present = self.ticket(caller, id).await?;
        let history = store::whole_history(self.db.conn(), id).await?;
        let moment = moment.min(self.clock.now());
        let present = if history.iter().any(|line| line.version > present.version) {
            self.ticket(caller, id).await?
        } else {
            present
        };
        let known: Vec<_> = history.into_iter().filter(|line| line.version <= present.version).collect();
        let past = present.at(moment, &known).map_err(|fault| Error::Unreadable(fault.to_string()))?;
        Ok(Past { ticket: past.ok_or(Error::NotFound)?, moment })
    }

    /// The tickets wanted, sorted, at most `limit` of them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list(&self, wanted: &ListTickets) -> Result<Vec<Found>, Error> {
        if wanted.search.is_some() {
            return Ok(store::list_found(&self.db.read().await?, wanted, self.clock.now()).await?);
        }
        Ok(store::list(self.db.conn(), wanted, None).await?)
    }

    /// What was written on a ticket, as far as the caller may read it.
    ///
    /// # Errors
    /// As for [`App::ticket`].
    pub async fn comments(&self, caller: &Caller, chapter: &Chapter) -> Result<Vec<Comment>, Error> {
        self.ticket(caller, chapter.ticket).await?;
        Ok(store::comments(self.db.conn(), chapter).await?)
    }

    /// What happened to a ticket, as far as the caller may read it.
    ///
    /// # Errors
    /// As for [`App::ticket`].
    pub async fn history(&self, caller: &Caller, chapter: &Chapter) -> Result<Vec<HistoryEntry>, Error> {
        self.ticket(caller, chapter.ticket).await?;
        Ok(store::history(self.db.conn(), chapter).await?)
    }

    /// The files of a ticket.
    ///
    /// # Errors
    /// As for [`App::ticket`].
    pub async fn attachments(&self, caller: &Caller, id: TicketId) -> Result<Vec<Attachment>, Error> {
        self.ticket(caller, id).await?;
        Ok(store::attachments::of_ticket(self.db.conn(), id).await?)
    }

    /// The clocks of a ticket, explained.
    ///
    /// # Errors
    /// As for [`App::ticket`].
    pub async fn explain(&self, caller: &Caller, id: TicketId) -> Result<Explained, Error> {
        let ticket = self.ticket(caller, id).await?;
        let now = self.clock.now();
        let explain =
            |clock| ticket.sla.explain(clock, ticket.priority, ticket.settled_at(), &self.rules, now);
        Ok(Explained { response: explain(SlaClock::Response), resolution: explain(SlaClock::Resolution) })
    }

    /// Everything that is stored on the caller.
    ///
    /// # Errors
    /// The database is away.
    pub async fn export(&self, caller: &Caller) -> Result<Export, Error> {
        Ok(store::export(self.db.conn(), caller.user_id).await?)
    }
}
