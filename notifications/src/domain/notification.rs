use shared::{
    clock::Timestamp,
    ids::{DeliveryId, TicketId},
};

use super::Template;

/// A line of somebody's own list.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The in-app delivery.
    pub id: DeliveryId,
    /// What kind of message.
    pub template: Template,
    /// The facts, as stored.
    pub payload: String,
    /// The ticket that it is about.
    pub ticket: Option<TicketId>,
    /// When it came.
    pub created_at: Timestamp,
    /// When its owner read it.
    pub read_at: Option<Timestamp>,
}

/// Which lines of the list, and from where on.
#[derive(Clone, Debug)]
pub struct Window {
    /// Only the unread ones, or only the read ones.
    pub unread: Option<bool>,
    /// The newest first.
    pub descending: bool,
    /// After this line: when it came, and which.
    pub after: Option<(Timestamp, DeliveryId)>,
    /// How many at most.
    pub limit: u64,
}
