use shared::{
    events::{
        FieldChange, TicketAssigned, TicketCommented, TicketCreated, TicketStatusChanged, TicketUpdated,
    },
    ids::UserId,
};

use super::{Assignment, Move, Notice, TicketFacts, TicketField, TicketLabel, TicketNews};

/// What is to be said, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// Who is told.
    pub to: UserId,
    /// What they are told.
    pub notice: Notice,
}

/// To the requester, also when nobody else did it: the mail says that the ticket has arrived.
#[must_use]
pub fn created(event: TicketCreated) -> Telling {
    let TicketCreated { ticket_id, ticket_number, title, priority, category, user_id, due_date: _ } = event;
    let label = TicketLabel { ticket_id, ticket_number, title };
    Telling { to: user_id, notice: Notice::TicketCreated(TicketFacts { label, priority, category }) }
}

/// To whoever has the ticket now, unless they took it themselves; a ticket that nobody has any more is told to nobody.
#[must_use]
pub fn assigned(event: TicketAssigned, by: Option<UserId>) -> Option<Telling> {
    let TicketAssigned { ticket_id, ticket_number, title, priority, user_id, assigned_to, due_date, .. } =
        event;
    let label = TicketLabel { ticket_id, ticket_number, title };
    let assignment = Assignment { label, priority, requester: user_id, due_at: due_date };
    unless_by(assigned_to?, by, || Notice::TicketAssigned(assignment))
}

/// To the requester, unless they moved it themselves. The system, which closes tickets, is not the requester.
#[must_use]
pub fn moved(event: TicketStatusChanged, by: Option<UserId>) -> Option<Telling> {
    let TicketStatusChanged { ticket_id, ticket_number, title, user_id, .. } = event;
    let news = TicketNews {
        label: TicketLabel { ticket_id, ticket_number, title },
        moved: Some(Move { from: event.old_status, to: event.new_status }),
        changes: for_the_requester(event.changes),
        comment: event.comment,
    };
    unless_by(user_id, by, || Notice::TicketUpdated(news))
}

/// To the requester, unless they changed it themselves, or nothing that concerns them was changed.
#[must_use]
pub fn updated(event: TicketUpdated, by: Option<UserId>) -> Option<Telling> {
    let TicketUpdated { ticket_id, ticket_number, title, user_id, .. } = event;
    let news = TicketNews {
        label: TicketLabel { ticket_id, ticket_number, title },
        moved: None,
        changes: for_the_requester(event.changes),
        comment: None,
    };
    if news.changes.is_empty() {
        return None;
    }
    unless_by(user_id, by, || Notice::TicketUpdated(news))
}

/// To the requester, unless they wrote it themselves. What agents write for agents goes to nobody, even if an event
/// should carry it.
#[must_use]
pub fn commented(event: TicketCommented, by: Option<UserId>) -> Option<Telling> {
    let TicketCommented { ticket_id, ticket_number, title, user_id, .. } = event;
    let comment = event.content.filter(|_| !event.is_internal)?;
    let news = TicketNews {
        label: TicketLabel { ticket_id, ticket_number, title },
        moved: None,
        changes: Vec::new(),
        comment: Some(comment),
    };
    unless_by(user_id, by, || Notice::TicketUpdated(news))
}

/// Nobody is told of what they did.
fn unless_by(to: UserId, by: Option<UserId>, notice: impl FnOnce() -> Notice) -> Option<Telling> {
    (by != Some(to)).then(|| Telling { to, notice: notice() })
}

/// The rest is the house's own business; who has the ticket, for one, is an event by itself.
fn for_the_requester(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    changes.into_iter().filter(|change| TicketField::named(&change.field).is_some()).collect()
}
