use chrono::TimeDelta;
use shared::clock::Timestamp;
use shared::events::{Event, FieldChange, NewEvent, TicketCreated, TicketDeleted};
use shared::ids::{HistoryId, UserId};

use super::{Action, Comment, HistoryEntry, Rules, Ticket};

/// What one decision did to a ticket: the ticket as it now is, the comment and the lines that it adds, the events it causes.
///
/// Only the methods of [`Ticket`] make one, and the store writes nothing else. So nobody can alter a ticket
/// without its history and its events.
#[derive(Debug)]
pub struct Change {
    parts: ChangeParts,
}

/// A change taken apart.
#[derive(Debug)]
pub struct ChangeParts {
    /// The ticket as it was; a new one was not.
    pub before: Option<Ticket>,
    /// The ticket as it is, and nothing if it is no more.
    pub after: Option<Ticket>,
    /// When something is next due to happen to it by itself.
    pub next_timer: Option<Timestamp>,
    /// What was written on it.
    pub comment: Option<Comment>,
    /// The lines for its history.
    pub history: Vec<HistoryEntry>,
    /// What the others are told.
    pub events: Vec<NewEvent>,
}

/// One step of a change: who takes it, when, and what it is called.
pub(super) struct Step<'a> {
    pub action: Action,
    pub by: Option<UserId>,
    pub now: Timestamp,
    pub rules: &'a Rules,
    /// What is said with it, for all to read.
    pub comment: Option<&'a str>,
    /// What its line says where no field changes, as in `("comment", None, Some(id))`.
    pub says: Option<(&'static str, Option<String>, Option<String>)>,
}

impl Ticket {
    /// When the next thing happens to it. A ticket's own time always grows, whatever the clock on the wall does, so its
    /// history has one order.
    pub(super) fn next_moment(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at + TimeDelta::microseconds(1))
    }
}

impl<'a> Step<'a> {
    pub(super) fn new(action: Action, by: Option<UserId>, rules: &'a Rules, now: Timestamp) -> Self {
        Self { action, by, now, rules, comment: None, says: None }
    }
}

impl Change {
    /// A ticket is there that was not.
    pub(super) fn opening(ticket: Ticket, created: &TicketCreated, rules: &Rules) -> Self {
        let by = ticket.user_id;
        let now = ticket.created_at;
        let line = HistoryEntry {
            id: HistoryId::at(now),
            ticket_id: ticket.id,
            user_id: Some(by),
            action: Action::Created,
            field: None,
            old: None,
            new: None,
            comment: None,
            version: ticket.version,
            is_internal: false,
            created_at: now,
        };
        let events = vec![NewEvent::of(created, ticket.version, Some(by), now)];
        let parts = ChangeParts {
            before: None,
            next_timer: ticket.next_timer(rules),
            after: Some(ticket),
            comment: None,
            history: vec![line],
            events,
        };
        Self { parts }
    }

    /// A ticket is no more.
    pub(super) fn ending(ticket: &Ticket, event: &TicketDeleted, by: UserId, now: Timestamp) -> Self {
        let mut change = Self::of(ticket);
        change.parts.events.push(NewEvent::of(event, ticket.version + 1, Some(by), now));
        change.parts.after = None;
        change
    }

    /// Nothing has been changed yet.
    pub(super) fn of(before: &Ticket) -> Self {
        let parts = ChangeParts {
            before: Some(before.clone()),
            after: Some(before.clone()),
            next_timer: None,
            comment: None,
            history: Vec::new(),
            events: Vec::new(),
        };
        Self { parts }
    }

    /// Takes a step: alters the ticket, raises its version, notes every field that is different, and tells the others.
    pub(super) fn step<E: Event>(
        mut self,
        step: Step<'_>,
        alter: impl FnOnce(&mut Ticket, Timestamp),
        event: impl FnOnce(&Ticket, &Ticket, &[FieldChange]) -> E,
    ) -> Self {
        let Some(before) = self.parts.after.take() else { return self };
        let now = before.next_moment(step.now);
        let mut after = before.clone();
        alter(&mut after, now);
        (after.version, after.updated_at) = (before.version + 1, now);

        let changes = before.changes_to(&after);
        let event = event(&before, &after, &changes);
        self.parts.events.push(NewEvent::of(&event, after.version, step.by, now));
        let said = step.says.map(|(field, old, new)| FieldChange { field: field.to_owned(), old, new });
        let fields: Vec<Option<FieldChange>> = said.into_iter().chain(changes).map(Some).collect();
        let fields = if fields.is_empty() { vec![None] } else { fields };
        let mut ids: Vec<_> = fields.iter().map(|_| HistoryId::at(now)).collect();
        // Within one moment ids are random; sorted, they keep the lines in order.
        ids.sort_unstable();
        let lines = fields.into_iter().zip(ids).enumerate().map(|(place, (change, id))| {
            let (field, old, new) = change.map(|it| (Some(it.field), it.old, it.new)).unwrap_or_default();
            HistoryEntry {
                id,
                ticket_id: after.id,
                user_id: step.by,
                action: step.action,
                field,
                old,
                new,
                comment: step.comment.filter(|_| place == 0).map(str::to_owned),
                version: after.version,
                is_internal: false,
                created_at: now,
            }
        });
        self.parts.history.extend(lines);
        self.parts.next_timer = after.next_timer(step.rules);
        self.parts.after = Some(after);
        self
    }

    /// Adds a line that leaves the ticket, its version and its time as they are.
    pub(super) fn aside(mut self, line: HistoryEntry, event: Option<NewEvent>) -> Self {
        self.parts.history.push(line);
        self.parts.events.extend(event);
        self
    }

    /// Adds what was written.
    pub(super) fn with_comment(mut self, comment: Comment) -> Self {
        self.parts.comment = Some(comment);
        self
    }

    /// The ticket as it is now.
    #[cfg(test)]
    pub fn ticket(&self) -> Option<&Ticket> {
        self.parts.after.as_ref()
    }

    /// Taken apart by the store, which writes all of it in one transaction.
    pub(crate) fn into_parts(self) -> ChangeParts {
        self.parts
    }
}
