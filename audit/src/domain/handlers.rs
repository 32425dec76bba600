use serde_json::Value;
use shared::events::{
    Envelope, Event, FileDeleted, FileDownloaded, FileInfected, FileUploaded, NotificationFailed,
    NotificationSent, ReportReady, SecurityAlert, SessionRevoked, SlaAlert, TicketAssigned, TicketCommented,
    TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning, TicketStatusChanged, TicketUpdated,
    UserAvatarChanged, UserDeleted, UserEmailVerified, UserLocked, UserLogin, UserLoginFailed, UserLogout,
    UserPasswordChanged, UserPasswordReset, UserProfileUpdated, UserRegistered, UserRoleChanged,
    UserStatusChanged,
};
use shared::ids::UserId;

use super::Origin;

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

/// Reads the events of one type.
#[derive(Clone, Copy)]
pub(super) struct EventHandler {
    /// The wire name of the event, as in `ticket.created`.
    event_type: &'static str,
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
    const fn of<E: Audited>() -> Self {
        Self { event_type: E::TYPE, read: read::<E> }
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

/// Every event type that this build knows.
const HANDLERS: &[EventHandler] = &[
    EventHandler::of::<UserRegistered>(),
    EventHandler::of::<UserLogin>(),
    EventHandler::of::<UserLoginFailed>(),
    EventHandler::of::<UserLogout>(),
    EventHandler::of::<UserLocked>(),
    EventHandler::of::<UserEmailVerified>(),
    EventHandler::of::<UserPasswordChanged>(),
    EventHandler::of::<UserPasswordReset>(),
    EventHandler::of::<UserRoleChanged>(),
    EventHandler::of::<UserStatusChanged>(),
    EventHandler::of::<UserProfileUpdated>(),
    EventHandler::of::<UserAvatarChanged>(),
    EventHandler::of::<UserDeleted>(),
    EventHandler::of::<SessionRevoked>(),
    EventHandler::of::<TicketCreated>(),
    EventHandler::of::<TicketUpdated>(),
    EventHandler::of::<TicketAssigned>(),
    EventHandler::of::<TicketStatusChanged>(),
    EventHandler::of::<TicketCommented>(),
    EventHandler::of::<TicketDeleted>(),
    EventHandler::of::<TicketSlaWarning>(),
    EventHandler::of::<TicketSlaBreached>(),
    EventHandler::of::<FileUploaded>(),
    EventHandler::of::<FileDownloaded>(),
    EventHandler::of::<FileDeleted>(),
    EventHandler::of::<FileInfected>(),
    EventHandler::of::<NotificationSent>(),
    EventHandler::of::<NotificationFailed>(),
    EventHandler::of::<SecurityAlert>(),
    EventHandler::of::<SlaAlert>(),
    EventHandler::of::<ReportReady>(),
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
}
