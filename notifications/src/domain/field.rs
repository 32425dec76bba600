/// A field of a ticket that the requester is told about when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketField {
    /// `title`.
    Title,
    /// `description`.
    Description,
    /// `category`.
    Category,
    /// `priority`.
    Priority,
    /// `resolution`.
    Resolution,
    /// `dueDate`, whose values are times.
    DueDate,
}

impl TicketField {
    /// The field of a name in the API; `None` for one that the requester is not told about, and for one that only a newer
    /// tickets service has.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "title" => Self::Title,
            "description" => Self::Description,
            "category" => Self::Category,
            "priority" => Self::Priority,
            "resolution" => Self::Resolution,
            "dueDate" => Self::DueDate,
            _ => return None,
        })
    }
}
