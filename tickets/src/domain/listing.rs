use shared::clock::Timestamp;
use shared::ids::{TicketId, UserId};

use super::words::closed_list;
use super::{Priority, Search, Status, Ticket, Visibility};

/// Which tickets are wanted, in which order, from where on.
#[derive(Debug, Clone)]
pub struct ListTickets {
    /// Whose.
    pub visibility: Visibility,
    /// Only those that stand here.
    pub status: Option<Status>,
    /// Only those so pressing.
    pub priority: Option<Priority>,
    /// Only those in this drawer.
    pub category: Option<String>,
    /// Only this requester's.
    pub user_id: Option<UserId>,
    /// Only those that this agent has, or nobody.
    pub assignee: Option<Assignee>,
    /// Only those that are overdue at the moment given, or only those that are not.
    pub overdue: Option<(bool, Timestamp)>,
    /// Only those opened then or later.
    pub created_from: Option<Timestamp>,
    /// Only those opened before then.
    pub created_to: Option<Timestamp>,
    /// Only those in which this is found.
    pub search: Option<Search>,
    /// What they are sorted by; ties are broken by the id, the same way round.
    pub sort: SortKey,
    /// The greatest first.
    pub descending: bool,
    /// Only those behind this place; from the start without one.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: u64,
}

impl ListTickets {
    /// Whose tickets alone are wanted, if it is one person's.
    pub fn owner(&self) -> Option<UserId> {
        match self.visibility {
            Visibility::Only(requester) => Some(requester),
            Visibility::Everyone => self.user_id,
        }
    }

    /// Whether anything but the owner and the words narrows the list.
    pub fn is_narrowed(&self) -> bool {
        self.status.is_some()
            || self.priority.is_some()
            || self.category.is_some()
            || self.assignee.is_some()
            || self.overdue.is_some()
            || self.created_from.is_some()
            || self.created_to.is_some()
    }

    /// Whether only tickets of a month or less are wanted, in another order than that of their opening.
    pub fn is_of_few_days(&self) -> bool {
        let days = self.created_from.zip(self.created_to).map(|(from, to)| (to - from).num_days());
        self.sort != SortKey::CreatedAt && days.is_some_and(|days| days <= 31)
    }
}

/// Who has a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// This agent.
    Agent(UserId),
    /// Nobody.
    Nobody,
    /// Somebody, whoever it is.
    Anybody,
}

/// What tickets can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// When they were opened.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
    /// When they are due.
    DueDate,
    /// How pressing they are.
    Priority,
    /// How well they match what is searched for.
    Relevance,
}

impl SortKey {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::CreatedAt, Self::UpdatedAt, Self::DueDate, Self::Priority, Self::Relevance];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::DueDate => "dueDate",
            Self::Priority => "priority",
            Self::Relevance => "relevance",
        }
    }
}

closed_list!(SortKey);

/// A place between two tickets of a sorted list: right behind the one with this value and this id. It stays where
/// it is when tickets are opened before or behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The value that the list is sorted by.
    pub value: SortValue,
    /// The ticket's id.
    pub id: TicketId,
}

/// A value that tickets are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum SortValue {
    /// Of one of the times.
    Time(Timestamp),
    /// Of the priority.
    Priority(Priority),
    /// Of how well it matches.
    Relevance(f64),
}

/// A ticket of a list, with how well it matches what was searched for.
#[derive(Debug, Clone)]
pub struct Found {
    /// The ticket.
    pub ticket: Ticket,
    /// The more the better; 0 where nothing was ranked.
    pub relevance: f64,
}

impl Found {
    /// The place right behind this ticket in a list sorted by `key`.
    pub fn place(&self, key: SortKey) -> Place {
        let ticket = &self.ticket;
        let value = match key {
            SortKey::CreatedAt => SortValue::Time(ticket.created_at),
            SortKey::UpdatedAt => SortValue::Time(ticket.updated_at),
            SortKey::DueDate => SortValue::Time(ticket.sla.resolution.due_at),
            SortKey::Priority => SortValue::Priority(ticket.priority),
            SortKey::Relevance => SortValue::Relevance(self.relevance),
        };
        Place { value, id: ticket.id }
    }
}
