use shared::events::NewEvent;

use super::{HistoryEntry, Ticket};

/// What one decision did to a ticket: the ticket as it now is, the lines it adds to the history, the events it causes.
///
/// Only the methods of [`Ticket`] make one, and the store writes nothing else. So nobody can alter a ticket
/// without its history and its events.
#[derive(Debug)]
pub struct Change {
    ticket: Ticket,
    history: Vec<HistoryEntry>,
    events: Vec<NewEvent>,
}

impl Change {
    pub(super) fn new(ticket: Ticket, history: Vec<HistoryEntry>, events: Vec<NewEvent>) -> Self {
        Self { ticket, history, events }
    }

    /// Taken apart by the store, which writes all three in one transaction.
    pub(crate) fn into_parts(self) -> (Ticket, Vec<HistoryEntry>, Vec<NewEvent>) {
        (self.ticket, self.history, self.events)
    }
}
