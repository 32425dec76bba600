use std::time::Duration;

use moka::future::Cache;
use serde::Deserialize;
use shared::auth::Caller;
use shared::ids::{SessionId, TicketId};

use super::App;
use crate::error::Error;

/// How many answers of tickets are remembered at most.
const MOST: u64 = 10_000;

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

/// The sessions that tickets lately said see a ticket: a page of thumbnails asks it once. A session that was revoked comes
/// nowhere near it, since a [`Caller`] is made of none; and a role never changes within one.
#[derive(Clone)]
pub(super) struct Glances(Option<Cache<(SessionId, TicketId), ()>>);

impl Glances {
    /// Each is good for so long; with zero there are none.
    pub(super) fn for_a_while(ttl: Duration) -> Self {
        let some = || Cache::builder().max_capacity(MOST).time_to_live(ttl).build();
        Self((!ttl.is_zero()).then(some))
    }

    async fn hold(&self, caller: &Caller, ticket: TicketId) -> bool {
        match &self.0 {
            Some(cache) => cache.get(&(caller.session_id, ticket)).await.is_some(),
            None => false,
        }
    }

    async fn note(&self, caller: &Caller, ticket: TicketId, sees: bool) {
        let Some(cache) = &self.0 else { return };
        match sees {
            true => cache.insert((caller.session_id, ticket), ()).await,
            false => cache.invalidate(&(caller.session_id, ticket)).await,
        }
    }
}

impl App {
    /// Asks tickets, with the caller's own token, whether the caller sees a ticket: for who is about to write.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such ticket for this caller, [`Error::Tickets`] when tickets is away.
    pub async fn see(&self, caller: &Caller, ticket: TicketId) -> Result<Visible, Error> {
        let seen = self.tickets.get(&format!("/tickets/{ticket}"), caller).await.map_err(Error::from);
        let seen =
            seen.and_then(|seen: Seen| (seen.id == ticket).then_some(Visible(ticket)).ok_or(Error::NotFound));
        // When tickets is away, what it said a moment ago still holds.
        if !matches!(seen, Err(Error::Tickets(_))) {
            self.glances.note(caller, ticket, seen.is_ok()).await;
        }
        seen
    }

    /// The same for who reads: what tickets said to this session a moment ago is believed.
    ///
    /// # Errors
    /// As [`App::see`].
    pub async fn glance(&self, caller: &Caller, ticket: TicketId) -> Result<Visible, Error> {
        if self.glances.hold(caller, ticket).await {
            return Ok(Visible(ticket));
        }
        self.see(caller, ticket).await
    }
}
