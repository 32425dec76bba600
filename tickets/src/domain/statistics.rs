use std::collections::BTreeMap;

use chrono::NaiveDate;
use shared::ids::UserId;

use super::{Alert, Priority, Status};

/// Tickets that are alike in status, priority, agent and what was told of their clocks, counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Where they stand.
    pub status: Status,
    /// How pressing they are.
    pub priority: Priority,
    /// Who has them.
    pub assigned_to: Option<UserId>,
    /// How far the response clock has been told of.
    pub response_alert: Alert,
    /// How far the resolution clock has been told of.
    pub resolution_alert: Alert,
    /// How many.
    pub count: u64,
    /// How many were answered, and how long that took in seconds, together.
    pub responded: (u64, f64),
    /// How many were solved, and how long that took in seconds, together.
    pub resolved: (u64, f64),
}

/// The desk in numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// All tickets.
    pub total: u64,
    /// By status; each is there.
    pub by_status: BTreeMap<&'static str, u64>,
    /// By priority; each is there.
    pub by_priority: BTreeMap<&'static str, u64>,
    /// The categories with the most tickets.
    pub by_category: BTreeMap<String, u64>,
    /// Not solved, and the due date is over.
    pub overdue: u64,
    /// Not solved, and nobody has them.
    pub unassigned: u64,
    /// From the opening to the answer, in seconds, of those that were answered.
    pub first_response: Share,
    /// From the opening to the solution, in seconds, of those that are solved.
    pub resolution: Share,
    /// The share of answers that came in time.
    pub response_kept: Share,
    /// The share of solutions that came in time.
    pub resolution_kept: Share,
    /// Per agent, who has the most first.
    pub by_agent: Vec<AgentTally>,
    /// How many were opened on each of the last thirty days.
    pub created: Vec<(NaiveDate, u64)>,
}

/// What one agent has and did.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentTally {
    /// The agent.
    pub user_id: UserId,
    /// Tickets that are not solved.
    pub active: u64,
    /// Those of them that are overdue.
    pub overdue: u64,
    /// Tickets that are solved.
    pub resolved: u64,
    /// From the opening to the solution, in seconds.
    pub resolution: Share,
}

/// A sum over some things; nothing without any.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    count: u64,
    sum: f64,
}

impl Share {
    /// Adds some things.
    pub fn add(&mut self, count: u64, sum: f64) {
        self.count += count;
        self.sum += sum;
    }

    /// Adds clocks: of those that ran out none was kept, of the others those that were stopped.
    fn add_kept(&mut self, alert: Alert, all: u64, stopped: u64) {
        match alert {
            Alert::Breached => self.add(all, 0.0),
            Alert::None | Alert::Warned => self.add(stopped, stopped as f64),
        }
    }

    /// The sum divided by the number of things.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Tally {
    /// How many are not solved although they should be, as far as their clocks were told of: within a second or so.
    fn overdue(&self) -> u64 {
        let is_late = self.resolution_alert == Alert::Breached && !self.status.is_settled();
        if is_late { self.count } else { 0 }
    }
}

impl Statistics {
    /// Adds the tallies up.
    pub fn of(tallies: &[Tally], categories: Vec<(String, u64)>, created: Vec<(NaiveDate, u64)>) -> Self {
        let mut all = Self {
            by_status: Status::ALL.map(|status| (status.as_str(), 0)).into(),
            by_priority: Priority::ALL.map(|priority| (priority.as_str(), 0)).into(),
            by_category: categories.into_iter().collect(),
            created,
            ..Self::default()
        };
        let mut agents: BTreeMap<UserId, AgentTally> = BTreeMap::new();
        for tally in tallies {
            let settled = tally.status.is_settled();
            all.total += tally.count;
            *all.by_status.entry(tally.status.as_str()).or_default() += tally.count;
            *all.by_priority.entry(tally.priority.as_str()).or_default() += tally.count;
            all.overdue += tally.overdue();
            all.first_response.add(tally.responded.0, tally.responded.1);
            all.resolution.add(tally.resolved.0, tally.resolved.1);
            all.response_kept.add_kept(tally.response_alert, tally.count, tally.responded.0);
            all.resolution_kept.add_kept(tally.resolution_alert, tally.count, tally.resolved.0);
            let Some(user_id) = tally.assigned_to else {
                all.unassigned += if settled { 0 } else { tally.count };
                continue;
            };
            let agent = agents.entry(user_id).or_insert_with(|| AgentTally {
                user_id,
                active: 0,
                overdue: 0,
                resolved: 0,
                resolution: Share::default(),
            });
            agent.active += if settled { 0 } else { tally.count };
            agent.overdue += tally.overdue();
            agent.resolved += if settled { tally.count } else { 0 };
            agent.resolution.add(tally.resolved.0, tally.resolved.1);
        }
        all.by_agent = agents.into_values().collect();
        all.by_agent.sort_by_key(|agent| std::cmp::Reverse((agent.active, agent.resolved)));
        all
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn tallies_add_up() {
        let ada = UserId::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let tally = |status, assigned_to, alerts: (Alert, Alert), count, responded, resolved| Tally {
            status,
            priority: Priority::High,
            assigned_to,
            response_alert: alerts.0,
            resolution_alert: alerts.1,
            count,
            responded,
            resolved,
        };
        let (none, late) = (Alert::None, Alert::Breached);
        let tallies = [
            tally(Status::Open, None, (none, none), 2, (1, 100.0), (0, 0.0)),
            tally(Status::Open, None, (late, late), 1, (1, 200.0), (0, 0.0)),
            tally(Status::Closed, Some(ada), (Alert::Warned, none), 2, (2, 100.0), (2, 500.0)),
            tally(Status::Closed, Some(ada), (none, late), 1, (1, 100.0), (1, 400.0)),
        ];
        let all = Statistics::of(&tallies, vec![("Hardware".into(), 6)], Vec::new());
        assert_eq!((all.total, all.overdue, all.unassigned), (6, 1, 3));
        assert_eq!((all.by_status["OPEN"], all.by_status["CLOSED"], all.by_status["RESOLVED"]), (3, 3, 0));
        assert_eq!((all.by_priority["HIGH"], all.by_priority["LOW"]), (6, 0));
        assert_eq!((all.first_response.mean(), all.resolution.mean()), (Some(100.0), Some(300.0)));
        assert_eq!((all.response_kept.mean(), all.resolution_kept.mean()), (Some(0.8), Some(0.5)));
        assert_eq!((all.by_agent[0].user_id, all.by_agent[0].resolved, all.by_agent[0].active), (ada, 3, 0));
        assert_eq!(Statistics::of(&[], Vec::new(), Vec::new()).first_response.mean(), None);
    }
}
