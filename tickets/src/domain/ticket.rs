use shared::auth::Caller;
use shared::clock::Timestamp;
use shared::events::{NewEvent, TicketCreated};
use shared::ids::{HistoryId, TicketId, UserId};

use super::{
    Action, Category, Change, Description, HistoryEntry, Priority, Sla, Standing, Status, TicketNumber, Title,
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
    pub resolution: Option<String>,
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
    pub fn open(wanted: OpenTicket, number: TicketNumber, caller: &Caller, now: Timestamp) -> Change {
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
            sla: Sla::started(wanted.priority, now),
            resolved_at: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let opened = HistoryEntry {
            id: HistoryId::at(now),
            ticket_id: ticket.id,
            user_id: caller.user_id,
            action: Action::Created,
            created_at: now,
        };
        let created = NewEvent::of(&ticket.created_event(), ticket.version, Some(caller.user_id), now);
        Change::new(ticket, vec![opened], vec![created])
    }

    /// How its clocks stand at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        self.sla.standing(self.status, now)
    }

    fn created_event(&self) -> TicketCreated {
        TicketCreated {
            ticket_id: self.id,
            ticket_number: self.number.to_string(),
            title: self.title.as_str().to_owned(),
            priority: self.priority.as_str().to_owned(),
            category: self.category.as_str().to_owned(),
            user_id: self.user_id,
            due_date: self.sla.resolution_due_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use shared::auth::Role;
    use shared::ids::SessionId;

    use super::*;

    #[test]
    fn an_opened_ticket_comes_with_its_history_and_its_event() {
        let now = DateTime::UNIX_EPOCH;
        let caller = Caller::new(UserId::at(now), SessionId::at(now), Role::Agent, "a@example.com", now, "");
        let wanted = OpenTicket {
            title: Title::parse("Printer").unwrap(),
            description: Description::parse("It burns.").unwrap(),
            category: Category::parse("Hardware").unwrap(),
            priority: Priority::Urgent,
        };

        let (ticket, history, events) =
            Ticket::open(wanted, TicketNumber::new(42), &caller, now).into_parts();

        assert_eq!((ticket.status, ticket.user_id, ticket.version), (Status::Open, caller.user_id, 1));
        assert_eq!(ticket.sla, Sla::started(Priority::Urgent, now));
        let [line] = history.as_slice() else { panic!("{history:?}") };
        assert_eq!((line.ticket_id, line.user_id, line.action), (ticket.id, caller.user_id, Action::Created));
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(
            (event.event_type(), &event.json()["ticketNumber"]),
            ("ticket.created", &"HD-000042".into())
        );
    }
}
