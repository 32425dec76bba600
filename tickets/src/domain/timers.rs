//! What happens to a ticket by itself, when its time has come.

use shared::clock::Timestamp;
use shared::events::{SlaClock, TicketSlaBreached, TicketSlaWarning};

use super::change::Step;
use super::{Action, Alert, Change, Mover, Rules, Status, Ticket};

impl Ticket {
    /// When something is next due to happen by itself. While it waits for its user, nothing is.
    pub fn next_timer(&self, rules: &Rules) -> Option<Timestamp> {
        match self.status {
            Status::Resolved => self.resolved_at.map(|at| at + rules.auto_close_after),
            status if status.runs() => self.sla.next_alert(self.priority, rules).map(|(at, ..)| at),
            _ => None,
        }
    }

    /// What is due at `now`, one thing at a time: what comes next is asked of the ticket that this leads to.
    pub fn ring(&self, rules: &Rules, now: Timestamp) -> Option<Change> {
        if self.next_timer(rules).is_none_or(|at| at > now) {
            return None;
        }
        if self.may_move(Status::Closed, Mover::System, rules, now).is_ok() {
            return Some(Change::of(self).moved(Status::Closed, None, None, None, rules, now));
        }
        let (_, clock, alert) = self.sla.next_alert(self.priority, rules)?;
        Some(self.alert(clock, alert, rules, now))
    }

    fn alert(&self, clock: SlaClock, alert: Alert, rules: &Rules, now: Timestamp) -> Change {
        let alter = |ticket: &mut Ticket, _| ticket.sla.deadline_mut(clock).alert = alert;
        let change = Change::of(self);
        if alert == Alert::Breached {
            let step = Step::new(Action::SlaBreached, None, rules, now);
            return change.step(step, alter, |_, after, _| TicketSlaBreached {
                ticket_id: after.id,
                ticket_number: after.number.to_string(),
                title: after.title.as_str().to_owned(),
                priority: after.priority.as_str().to_owned(),
                user_id: after.user_id,
                clock,
                due_at: after.due_at(clock),
                assigned_to: after.assigned_to,
            });
        }
        let step = Step::new(Action::SlaWarning, None, rules, now);
        change.step(step, alter, |_, after, _| TicketSlaWarning {
            ticket_id: after.id,
            ticket_number: after.number.to_string(),
            title: after.title.as_str().to_owned(),
            priority: after.priority.as_str().to_owned(),
            user_id: after.user_id,
            clock,
            due_at: after.due_at(clock),
            assigned_to: after.assigned_to,
        })
    }

    fn due_at(&self, clock: SlaClock) -> Timestamp {
        match clock {
            SlaClock::Response => self.sla.response.due_at,
            SlaClock::Resolution => self.sla.resolution.due_at,
        }
    }
}
