//! The moves of a ticket, and what each does to it.

use shared::auth::{Caller, Role};
use shared::clock::Timestamp;
use shared::events::TicketStatusChanged;
use shared::ids::UserId;

use super::change::Step;
use super::fields::for_people;
use super::{Action, Change, Content, Mover, Resolution, Rules, Status, Ticket, TicketError};

/// Where a ticket is to go, and what is said with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where to.
    pub status: Status,
    /// What is said with it, for all to read.
    pub comment: Option<Content>,
    /// What solved it.
    pub resolution: Option<Resolution>,
}

impl Move {
    /// A move without a word.
    pub fn to(status: Status) -> Self {
        Self { status, comment: None, resolution: None }
    }
}

impl Ticket {
    /// Somebody moves it.
    ///
    /// # Errors
    /// [`TicketError::IllegalMove`] where the diagram has no such arrow for them, [`TicketError::ReopenWindowOver`].
    pub fn move_to(
        &self,
        wanted: Move,
        caller: &Caller,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Change, TicketError> {
        let mover = if caller.is(Role::Agent) { Mover::Agent } else { Mover::Requester };
        self.may_move(wanted.status, mover, rules, now)?;
        let by = Some(caller.user_id);
        let answers = mover == Mover::Agent && caller.user_id != self.user_id && wanted.comment.is_some();
        let change = Change::of(self);
        Ok(change.moved_by(wanted.status, by, wanted.comment, wanted.resolution, answers, rules, now))
    }

    /// Whether it may go there, by the table and the window for reopening.
    pub(super) fn may_move(
        &self,
        to: Status,
        mover: Mover,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), TicketError> {
        let legal = self.status.next(mover);
        if !legal.contains(&to) {
            return Err(TicketError::IllegalMove { from: self.status, to, legal });
        }
        let closed_at = self.closed_at.filter(|_| to == Status::Open);
        match closed_at.map(|closed_at| closed_at + rules.reopen_window) {
            Some(end) if now >= end => Err(TicketError::ReopenWindowOver { until: end }),
            _ => Ok(()),
        }
    }
}

impl Change {
    /// The ticket goes where it may go.
    pub(super) fn moved(
        self,
        to: Status,
        by: Option<UserId>,
        comment: Option<Content>,
        resolution: Option<Resolution>,
        rules: &Rules,
        now: Timestamp,
    ) -> Self {
        self.moved_by(to, by, comment, resolution, false, rules, now)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "all that a move is made of, for the one step that makes it"
    )]
    fn moved_by(
        self,
        to: Status,
        by: Option<UserId>,
        comment: Option<Content>,
        resolution: Option<Resolution>,
        answers: bool,
        rules: &Rules,
        now: Timestamp,
    ) -> Self {
        let mut step = Step::new(Action::StatusChanged, by, rules, now);
        step.comment = comment.as_ref().map(Content::as_str);
        let said = step.comment.map(str::to_owned);
        let alter = |ticket: &mut Ticket, now: Timestamp| {
            let from = std::mem::replace(&mut ticket.status, to);
            if from == Status::WaitingUser {
                ticket.sla.resume(ticket.priority, rules, now);
            }
            if answers && ticket.sla.responded_at.is_none() {
                ticket.sla.responded_at = Some(now);
            }
            if let Some(resolution) = resolution {
                ticket.resolution = Some(resolution);
            }
            match to {
                Status::InProgress => {}
                Status::WaitingUser => ticket.sla.pause(now),
                Status::Resolved => ticket.resolved_at = Some(now),
                Status::Closed => ticket.closed_at = Some(now),
                Status::Open => {
                    (ticket.resolved_at, ticket.closed_at, ticket.resolution) = (None, None, None);
                    ticket.sla.restart(ticket.priority, rules, now);
                }
            }
        };
        self.step(step, alter, |before, after, changes| TicketStatusChanged {
            ticket_id: after.id,
            ticket_number: after.number.to_string(),
            title: after.title.as_str().to_owned(),
            user_id: after.user_id,
            assigned_to: after.assigned_to,
            old_status: before.status.as_str().to_owned(),
            new_status: after.status.as_str().to_owned(),
            comment: said,
            changes: for_people(changes).into_iter().filter(|change| change.field != "status").collect(),
        })
    }
}
