use serde_json::Value;
use shared::events::{
    Envelope, Event, FileDeleted, FileDownloaded, FileInfected, FileUploaded, NotificationFailed,
    NotificationSent, SecurityAlert, SessionRevoked, SlaAlert, TicketAssigned, TicketCommented,
    TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning, TicketStatusChanged, TicketUpdated,
    UserAvatarChanged, UserDeleted, UserEmailVerified, UserLocked, UserLogin, UserLoginFailed, UserLogout,
    UserPasswordChanged, UserPasswordReset, UserProfileUpdated, UserRegistered, UserRoleChanged,
    UserStatusChanged,
};
use shared::ids::UserId;

use super::Origin;
use Resource::{Alert, Delivery, File, Session, Ticket, User};

/// What the audit log takes from an event of one type.
pub(super) trait Audited: Event {
    /// The fields worth keeping, chosen one by one: a JSON object.
    fn details(self) -> Value;

    /// The personal details among the fields of its data: names joined by dots, `*` for every item of a list.
    const PERSONAL: &'static [&'static str] = &[];

    /// Whom it is about: theirs are the personal details.
    fn person(&self) -> Option<UserId>;

    /// Where the request came from, for the events that say so.
    fn origin(&self) -> Origin {
        Origin::default()
    }
}

/// The kinds of things that actions are done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// An account with its profile.
    User,
    /// A sign-in.
    Session,
    /// A ticket with its comments.
    Ticket,
    /// An uploaded file.
    File,
    /// A message to one recipient.
    Delivery,
    /// What a rule made of many events.
    Alert,
}

impl Resource {
    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            User => "user",
            Session => "session",
            Ticket => "ticket",
            File => "file",
            Delivery => "notification",
            Alert => "alert",
        }
    }
}

/// What is made of one event type.
#[derive(Clone, Copy)]
pub struct EventHandler {
    /// The wire name of the event, as in `ticket.created`.
    pub event_type: &'static str,
    /// Its name in the log, as in `TICKET_CREATED`.
    pub action: &'static str,
    /// What it is done to; which one is the event's aggregate.
    pub resource: Resource,
    read: fn(&Envelope) -> Result<Reading, serde_json::Error>,
}

/// What was found in an event's data.
pub(super) struct Reading {
    pub(super) details: Value,
    pub(super) origin: Origin,
    pub(super) person: Option<UserId>,
    pub(super) personal: &'static [&'static str],
}

impl EventHandler {
    const fn of<E: Audited>(action: &'static str, resource: Resource) -> Self {
        Self { event_type: E::TYPE, action, resource, read: read::<E> }
    }

    pub(super) fn read(&self, event: &Envelope) -> Result<Reading, serde_json::Error> {
        (self.read)(event)
    }
}

fn read<E: Audited>(event: &Envelope) -> Result<Reading, serde_json::Error> {
    let event: E = event.data()?;
    let (origin, person) = (event.origin(), event.person());
    Ok(Reading { details: event.details(), origin, person, personal: E::PERSONAL })
}

/// The handler of an event type, if this build knows it.
pub(super) fn find(event_type: &str) -> Option<&'static EventHandler> {
    HANDLERS.iter().find(|handler| handler.event_type == event_type)
}

/// Every event type and what it becomes.
pub const HANDLERS: &[EventHandler] = &[
    EventHandler::of::<UserRegistered>("USER_REGISTERED", User),
    EventHandler::of::<UserLogin>("USER_LOGIN", User),
    EventHandler::of::<UserLoginFailed>("USER_LOGIN_FAILED", User),
    EventHandler::of::<UserLogout>("USER_LOGOUT", User),
    EventHandler::of::<UserLocked>("USER_LOCKED", User),
    EventHandler::of::<UserEmailVerified>("USER_EMAIL_VERIFIED", User),
    EventHandler::of::<UserPasswordChanged>("USER_PASSWORD_CHANGED", User),
    EventHandler::of::<UserPasswordReset>("USER_PASSWORD_RESET", User),
    EventHandler::of::<UserRoleChanged>("USER_ROLE_CHANGED", User),
    EventHandler::of::<UserStatusChanged>("USER_STATUS_CHANGED", User),
    EventHandler::of::<UserProfileUpdated>("USER_PROFILE_UPDATED", User),
    EventHandler::of::<UserAvatarChanged>("USER_AVATAR_CHANGED", User),
    EventHandler::of::<UserDeleted>("USER_DELETED", User),
    EventHandler::of::<SessionRevoked>("SESSION_REVOKED", Session),
    EventHandler::of::<TicketCreated>("TICKET_CREATED", Ticket),
    EventHandler::of::<TicketUpdated>("TICKET_UPDATED", Ticket),
    EventHandler::of::<TicketAssigned>("TICKET_ASSIGNED", Ticket),
    EventHandler::of::<TicketStatusChanged>("TICKET_STATUS_CHANGED", Ticket),
    EventHandler::of::<TicketCommented>("TICKET_COMMENTED", Ticket),
    EventHandler::of::<TicketDeleted>("TICKET_DELETED", Ticket),
    EventHandler::of::<TicketSlaWarning>("TICKET_SLA_WARNING", Ticket),
    EventHandler::of::<TicketSlaBreached>("TICKET_SLA_BREACHED", Ticket),
    EventHandler::of::<FileUploaded>("FILE_UPLOADED", File),
    EventHandler::of::<FileDownloaded>("FILE_DOWNLOADED", File),
    EventHandler::of::<FileDeleted>("FILE_DELETED", File),
    EventHandler::of::<FileInfected>("FILE_INFECTED", File),
    EventHandler::of::<NotificationSent>("NOTIFICATION_SENT", Delivery),
    EventHandler::of::<NotificationFailed>("NOTIFICATION_FAILED", Delivery),
    EventHandler::of::<SecurityAlert>("SECURITY_ALERT", Alert),
    EventHandler::of::<SlaAlert>("SLA_ALERT", Alert),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_type_of_the_system_has_its_handler_and_only_one() {
        let wanted: BTreeSet<_> = shared::events::ALL.iter().map(|kind| kind.name).collect();
        let handled: BTreeSet<_> = HANDLERS.iter().map(|handler| handler.event_type).collect();
        assert_eq!(handled, wanted, "an event type without a handler, or a handler of no event type");
        assert_eq!(HANDLERS.len(), handled.len(), "an event type has two handlers");
    }

    #[test]
    fn an_action_is_the_event_type_in_capitals() {
        for handler in HANDLERS {
            assert_eq!(handler.action, handler.event_type.replace('.', "_").to_ascii_uppercase());
        }
    }
}
