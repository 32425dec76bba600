use shared::clock::Timestamp;
use shared::ids::TicketId;

use super::words::closed_list;
use super::{Priority, Status, Ticket, Visibility};

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
    /// What they are sorted by; ties are broken by the id, the same way round.
    pub sort: SortKey,
    /// The greatest first.
    pub descending: bool,
    /// Only those behind this place; from the start without one.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: u64,
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
}

impl SortKey {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CreatedAt, Self::UpdatedAt, Self::DueDate, Self::Priority];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::DueDate => "dueDate",
            Self::Priority => "priority",
        }
    }
}

closed_list!(SortKey);

/// A place between two tickets of a sorted list: right behind the one with this value and this id. It stays where
/// it is when tickets are opened before or behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The value that the list is sorted by.
    pub value: SortValue,
    /// The ticket's id.
    pub id: TicketId,
}

/// A value that tickets are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// Of one of the times.
    Time(Timestamp),
    /// Of the priority.
    Priority(Priority),
}

impl Ticket {
    /// The place right behind this ticket in a list sorted by `key`.
    pub fn place(&self, key: SortKey) -> Place {
        let value = match key {
            SortKey::CreatedAt => SortValue::Time(self.created_at),
            SortKey::UpdatedAt => SortValue::Time(self.updated_at),
            SortKey::DueDate => SortValue::Time(self.sla.resolution_due_at),
            SortKey::Priority => SortValue::Priority(self.priority),
        };
        Place { value, id: self.id }
    }
}
