use shared::auth::{Caller, Role};
use shared::clock::Timestamp;
use shared::events::{TicketAssigned, TicketUpdated};
use shared::ids::UserId;

use super::change::Step;
use super::fields::for_people;
use super::{
    Action, Category, Change, Description, Priority, Resolution, Rules, Status, Ticket, TicketError, Title,
};

/// An edit of a ticket: any subset of what may be edited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketPatch {
    /// What it is about.
    pub title: Option<Title>,
    /// What happened.
    pub description: Option<Description>,
    /// The drawer it belongs in.
    pub category: Option<Category>,
    /// How pressing it is.
    pub priority: Option<Priority>,
    /// What solved it; for agents.
    pub resolution: Option<Resolution>,
}

impl Ticket {
    /// Edits it; nothing when the edit changes nothing.
    ///
    /// # Errors
    /// [`TicketError::Closed`], [`TicketError::ResolutionByRequester`].
    pub fn edit(
        &self,
        patch: TicketPatch,
        caller: &Caller,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Option<Change>, TicketError> {
        if patch.resolution.is_some() && !caller.is(Role::Agent) {
            return Err(TicketError::ResolutionByRequester);
        }
        if self.status == Status::Closed {
            return Err(TicketError::Closed);
        }
        let mut edited = self.clone();
        edited.title = patch.title.unwrap_or(edited.title);
        edited.description = patch.description.unwrap_or(edited.description);
        edited.category = patch.category.unwrap_or(edited.category);
        edited.resolution = patch.resolution.or(edited.resolution);
        if let Some(priority) = patch.priority.filter(|priority| *priority != self.priority) {
            edited.priority = priority;
            // Of a settled ticket the clocks have stopped: what they said stands.
            if !self.status.is_settled() {
                edited.sla.set_priority(priority, rules, now);
            }
        }
        if self.changes_to(&edited).is_empty() {
            return Ok(None);
        }
        let step = Step::new(Action::Updated, Some(caller.user_id), rules, now);
        let change = Change::of(self).step(
            step,
            |ticket, _| *ticket = edited,
            |_, after, changes| TicketUpdated {
                ticket_id: after.id,
                ticket_number: after.number.to_string(),
                title: after.title.as_str().to_owned(),
                status: after.status.as_str().to_owned(),
                user_id: after.user_id,
                assigned_to: after.assigned_to,
                changes: for_people(changes),
            },
        );
        Ok(Some(change))
    }

    /// Gives it to an agent, or to nobody; nothing when that is so already. `by` is nobody when an agent is gone.
    ///
    /// # Errors
    /// [`TicketError::Closed`].
    pub fn assign(
        &self,
        agent: Option<UserId>,
        by: Option<UserId>,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Option<Change>, TicketError> {
        if self.status == Status::Closed {
            return Err(TicketError::Closed);
        }
        if self.assigned_to == agent {
            return Ok(None);
        }
        let change = Change::of(self).step(
            Step::new(Action::Assigned, by, rules, now),
            |ticket, _| ticket.assigned_to = agent,
            |before, after, _| TicketAssigned {
                ticket_id: after.id,
                ticket_number: after.number.to_string(),
                title: after.title.as_str().to_owned(),
                priority: after.priority.as_str().to_owned(),
                user_id: after.user_id,
                previous: before.assigned_to,
                assigned_to: after.assigned_to,
                due_date: after.sla.resolution.due_at,
            },
        );
        Ok(Some(change))
    }
}
