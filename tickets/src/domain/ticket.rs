use shared::auth::Caller;
use shared::clock::Timestamp;
use shared::events::{TicketCreated, TicketDeleted};
use shared::ids::{TicketId, UserId};

use super::{
    Category, Change, Description, Priority, Resolution, Rules, Sla, Standing, Status, TicketError,
    TicketNumber, Title,
};

/// What a requester asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTicket {
    /// What it is about.
    pub title: Title,
    /// What happened.
    pub description: Description,
    /// The drawer it belongs in.
    pub category: Category,
    /// How pressing it is.
    pub priority: Priority,
}

/// A request for help, from its opening to its end.
///
/// The fields may be read by anyone and even changed on a copy: nothing but a [`Change`] is ever stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The number people quote.
    pub number: TicketNumber,
    /// What it is about.
    pub title: Title,
    /// What happened.
    pub description: Description,
    /// Where it stands in the workflow.
    pub status: Status,
    /// How pressing it is.
    pub priority: Priority,
    /// The drawer it belongs in.
    pub category: Category,
    /// The requester, who owns it.
    pub user_id: UserId,
    /// The agent who works on it.
    pub assigned_to: Option<UserId>,
    /// What solved it.
    pub resolution: Option<Resolution>,
    /// Its clocks; the due date is one of them.
    pub sla: Sla,
    /// When it was solved.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Goes up by one with every change: the `ETag`, and the order of its events.
    pub version: i64,
}

impl Ticket {
    /// Opens a ticket for the caller, and starts its clocks.
    pub fn open(
        wanted: OpenTicket,
        number: TicketNumber,
        caller: &Caller,
        rules: &Rules,
        now: Timestamp,
    ) -> Change {
        let ticket = Self {
            id: TicketId::at(now),
            number,
            title: wanted.title,
            description: wanted.description,
            status: Status::Open,
            priority: wanted.priority,
            category: wanted.category,
            user_id: caller.user_id,
            assigned_to: None,
            resolution: None,
            sla: Sla::started(wanted.priority, rules, now),
            resolved_at: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let event = ticket.created_event();
        Change::opening(ticket, &event, rules)
    }

    /// Its requester takes it back, before anybody has begun to work on it.
    ///
    /// # Errors
    /// [`TicketError::NotTheOwner`], [`TicketError::NotDeletable`].
    pub fn delete(&self, caller: &Caller, now: Timestamp) -> Result<Change, TicketError> {
        if self.user_id != caller.user_id {
            return Err(TicketError::NotTheOwner);
        }
        if self.status != Status::Open {
            return Err(TicketError::NotDeletable(self.status));
        }
        let event = TicketDeleted {
            ticket_id: self.id,
            ticket_number: self.number.to_string(),
            user_id: self.user_id,
        };
        Ok(Change::ending(self, &event, caller.user_id, now))
    }

    /// When the work was done, if it is.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.status.is_settled().then(|| self.resolved_at.unwrap_or(self.updated_at))
    }

    /// How its clocks stand at `now`.
    pub fn standing(&self, rules: &Rules, now: Timestamp) -> Standing {
        self.sla.standing(self.settled_at(), rules, now)
    }

    fn created_event(&self) -> TicketCreated {
        TicketCreated {
            ticket_id: self.id,
            ticket_number: self.number.to_string(),
            title: self.title.as_str().to_owned(),
            priority: self.priority.as_str().to_owned(),
            category: self.category.as_str().to_owned(),
            user_id: self.user_id,
            due_date: self.sla.resolution.due_at,
        }
    }
}

#[cfg(test)]
#[path = "ticket_tests.rs"]
mod tests;
