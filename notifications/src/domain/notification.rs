use shared::{
    clock::Timestamp,
    ids::{DeliveryId, EventId, TicketId, UserId},
};

use super::{Channel, Status, Template};

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

/// A delivery as it stands in the ledger, for the one whom it is to or was to reach.
#[derive(Clone, Debug)]
pub struct Record {
    /// The delivery.
    pub id: DeliveryId,
    /// The event or command that asked for it.
    pub cause: EventId,
    /// Who gets it.
    pub recipient: UserId,
    /// `email`, `in_app`, `sms`, `push`.
    pub channel: String,
    /// The template's name, which may be one that only a newer replica knows.
    pub template: String,
    /// How far it is.
    pub status: String,
    /// The facts, as stored.
    pub payload: String,
    /// Where to, when the order said so itself.
    pub address: Option<String>,
    /// The ticket that it is about.
    pub ticket: Option<TicketId>,
    /// How many attempts have failed.
    pub attempts: i32,
    /// Why it waits, failed or was suppressed.
    pub reason: Option<String>,
    /// When it is tried next, while it waits.
    pub next_attempt_at: Timestamp,
    /// The delivery that took it along.
    pub digest: Option<DeliveryId>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// When it becomes worthless.
    pub expires_at: Option<Timestamp>,
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

/// Which lines of the ledger, and from where on.
#[derive(Clone, Debug)]
pub struct Search {
    /// Only those that are that far.
    pub status: Option<Status>,
    /// Only those of that kind.
    pub template: Option<Template>,
    /// Only those that go that way.
    pub channel: Option<Channel>,
    /// Only those to that person.
    pub recipient: Option<UserId>,
    /// Only those about that ticket.
    pub ticket: Option<TicketId>,
    /// The newest first.
    pub descending: bool,
    /// After this line: when it was ordered, and which.
    pub after: Option<(Timestamp, DeliveryId)>,
    /// How many at most.
    pub limit: u64,
}
