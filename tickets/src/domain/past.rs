//! A ticket as it stood at some moment: the present one with every later change undone.

use shared::clock::Timestamp;

use super::fields::UnreadableHistory;
use super::{Action, HistoryEntry, Ticket};

impl Ticket {
    /// The ticket as it stood at `moment`, from its whole history, in any order. Nothing when it was not there yet.
    ///
    /// # Errors
    /// When the history is not that of a ticket.
    pub fn at(&self, moment: Timestamp, history: &[HistoryEntry]) -> Result<Option<Self>, UnreadableHistory> {
        if moment < self.created_at {
            return Ok(None);
        }
        let (mut later, earlier): (Vec<_>, Vec<_>) =
            history.iter().partition(|line| line.created_at > moment);
        later.sort_by_key(|line| std::cmp::Reverse(line.version));
        let mut ticket = self.clone();
        for line in later {
            // A comment or a file is no field of the ticket.
            let tells = !matches!(line.action, Action::FileAttached | Action::FileRemoved);
            let field = line.field.as_deref().filter(|field| tells && *field != "comment");
            if let Some(field) = field {
                ticket.set(field, line.old.as_deref())?;
            }
        }
        // Lines aside, such as words among agents, bear the version that they found.
        let last = earlier.iter().max_by_key(|line| (line.version, std::cmp::Reverse(line.created_at)));
        if let Some(last) = last {
            (ticket.version, ticket.updated_at) = (last.version, last.created_at);
        }
        Ok(Some(ticket))
    }
}
