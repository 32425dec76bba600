use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::events::SlaClock;

use super::calendar::Calendar;
use super::running::{Interval, Pause, Running};
use super::words::closed_list;
use super::{Priority, Status};

/// What holds for all tickets: when clocks run, and how long after its solution a ticket may still change.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The hours in which clocks run.
    pub calendar: Calendar,
    /// How long after its solution a ticket closes by itself (specification, phase 3, "Auto 24h").
    pub auto_close_after: TimeDelta,
    /// How long after its closing a ticket may be reopened (specification, phase 3, "Réouverture < 7j").
    pub reopen_window: TimeDelta,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            calendar: Calendar::Always,
            auto_close_after: TimeDelta::hours(24),
            reopen_window: TimeDelta::days(7),
        }
    }
}

/// How long a ticket of one priority may wait: the specification's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// From opening to an agent's first answer.
    pub response: TimeDelta,
    /// From opening to its solution.
    pub resolution: TimeDelta,
}

impl Targets {
    /// The targets for a priority (specification, phase 3, "SLA Configuration").
    pub const fn of(priority: Priority) -> Self {
        let (response, resolution) = match priority {
            Priority::Urgent => (TimeDelta::minutes(30), TimeDelta::hours(2)),
            Priority::High => (TimeDelta::hours(2), TimeDelta::hours(4)),
            Priority::Medium => (TimeDelta::hours(4), TimeDelta::hours(24)),
            Priority::Low => (TimeDelta::hours(24), TimeDelta::hours(72)),
        };
        Self { response, resolution }
    }

    fn until(self, clock: SlaClock) -> TimeDelta {
        match clock {
            SlaClock::Response => self.response,
            SlaClock::Resolution => self.resolution,
        }
    }
}

/// How far a clock has been told of. `None < Warned < Breached`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Alert {
    /// Not at all.
    #[default]
    None,
    /// It has run 80 % of its way.
    Warned,
    /// It has run out.
    Breached,
}

impl Alert {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::None, Self::Warned, Self::Breached];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Warned => "WARNED",
            Self::Breached => "BREACHED",
        }
    }
}

closed_list!(Alert);

/// When one of the clocks runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub due_at: Timestamp,
    /// How far it has been told of.
    pub alert: Alert,
}

/// The clocks of a ticket. Both were started at one time and stand still at the same times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sla {
    /// When they were started: at the opening, and anew at every reopening.
    pub started_at: Timestamp,
    /// When they stood still; the last may still go on.
    pub pauses: Vec<Pause>,
    /// Until an agent's first answer.
    pub response: Deadline,
    /// When an agent first answered in public.
    pub responded_at: Option<Timestamp>,
    /// Until the solution; the ticket's due date.
    pub resolution: Deadline,
}

impl Sla {
    /// Both clocks, started at `now`.
    pub fn started(priority: Priority, rules: &Rules, now: Timestamp) -> Self {
        let fresh = Deadline { due_at: now, alert: Alert::None };
        let mut sla = Self {
            started_at: now,
            pauses: Vec::new(),
            response: fresh,
            responded_at: None,
            resolution: fresh,
        };
        sla.set_deadlines(priority, rules, now);
        sla
    }

    /// Started anew, with a whole target before them. An answer that was given stays given.
    pub fn restart(&mut self, priority: Priority, rules: &Rules, now: Timestamp) {
        let before = std::mem::replace(self, Self::started(priority, rules, now));
        if before.responded_at.is_some() {
            (self.responded_at, self.response) = (before.responded_at, before.response);
        }
    }

    /// Another priority has other targets, counted from the same start. What was told of too soon may be told again.
    pub fn set_priority(&mut self, priority: Priority, rules: &Rules, now: Timestamp) {
        self.set_deadlines(priority, rules, now);
    }

    /// They stand still from now on.
    pub fn pause(&mut self, now: Timestamp) {
        self.pauses.push(Pause { from: now, to: None });
    }

    /// They run again, and are due later by as much as they have stood still.
    pub fn resume(&mut self, priority: Priority, rules: &Rules, now: Timestamp) {
        if let Some(pause) = self.pauses.last_mut() {
            pause.to = pause.to.or(Some(now.max(pause.from)));
        }
        self.set_deadlines(priority, rules, now);
    }

    fn set_deadlines(&mut self, priority: Priority, rules: &Rules, now: Timestamp) {
        let targets = Targets::of(priority);
        let ended = self.ended_pauses();
        let running = Running { start: self.started_at, pauses: &ended, calendar: &rules.calendar };
        let come = running.elapsed(self.stands_since().unwrap_or(now));
        let told = |target: TimeDelta| match come {
            come if come >= target => Alert::Breached,
            come if come >= warning(target) => Alert::Warned,
            _ => Alert::None,
        };
        let deadline = |before: Deadline, target| Deadline {
            due_at: running.reaches(target),
            alert: before.alert.min(told(target)),
        };
        let response = deadline(self.response, targets.response);
        let resolution = deadline(self.resolution, targets.resolution);
        if self.responded_at.is_none() {
            self.response = response;
        }
        self.resolution = resolution;
    }

    /// The pauses as they are stored and as the history tells them: a JSON array.
    pub fn pauses_text(&self) -> String {
        serde_json::to_string(&self.pauses).expect("times serialise")
    }

    /// Since when they stand still, if they do.
    fn stands_since(&self) -> Option<Timestamp> {
        self.pauses.last().filter(|pause| pause.to.is_none()).map(|pause| pause.from)
    }

    fn ended_pauses(&self) -> Vec<Pause> {
        self.pauses.iter().copied().filter(|pause| pause.to.is_some()).collect()
    }

    /// What is next to be told of the clocks that still run, and when.
    pub fn next_alert(&self, priority: Priority, rules: &Rules) -> Option<(Timestamp, SlaClock, Alert)> {
        let response = self.responded_at.is_none().then_some((SlaClock::Response, self.response));
        let clocks = response.into_iter().chain([(SlaClock::Resolution, self.resolution)]);
        let running = Running { start: self.started_at, pauses: &self.pauses, calendar: &rules.calendar };
        let next = |(clock, deadline): (SlaClock, Deadline)| match deadline.alert {
            Alert::None => {
                let target = Targets::of(priority).until(clock);
                let at = running.reaches(warning(target)).min(deadline.due_at);
                Some((at, clock, Alert::Warned))
            }
            Alert::Warned => Some((deadline.due_at, clock, Alert::Breached)),
            Alert::Breached => None,
        };
        clocks.filter_map(next).min_by_key(|(at, ..)| *at)
    }

    /// One of the two.
    pub fn deadline_mut(&mut self, clock: SlaClock) -> &mut Deadline {
        match clock {
            SlaClock::Response => &mut self.response,
            SlaClock::Resolution => &mut self.resolution,
        }
    }

    /// How things stand at `now`; `settled_at` is when the work was done, if it is.
    pub fn standing(&self, settled_at: Option<Timestamp>, rules: &Rules, now: Timestamp) -> Standing {
        let until = settled_at.or(self.stands_since()).unwrap_or(now).min(now);
        let ended = self.ended_pauses();
        let running = Running { start: self.started_at, pauses: &ended, calendar: &rules.calendar };
        let all = Running { pauses: &self.pauses, ..running };
        Standing {
            overdue: settled_at.is_none() && until > self.resolution.due_at,
            remaining: running.between(until, self.resolution.due_at),
            paused: all.paused(settled_at.unwrap_or(now).min(now)),
        }
    }

    /// The way of one clock until `now`, or until it stopped.
    pub fn explain(
        &self,
        clock: SlaClock,
        priority: Priority,
        settled_at: Option<Timestamp>,
        rules: &Rules,
        now: Timestamp,
    ) -> Explanation {
        let (deadline, answered) = match clock {
            SlaClock::Response => (self.response, self.responded_at),
            SlaClock::Resolution => (self.resolution, None),
        };
        // An answer from before a reopening stopped the clock before it was started again.
        let stopped_at = answered.or(settled_at).map(|at| at.max(self.started_at));
        let until = stopped_at.unwrap_or(now).max(self.started_at);
        let running = Running { start: self.started_at, pauses: &self.pauses, calendar: &rules.calendar };
        Explanation {
            target: Targets::of(priority).until(clock),
            started_at: self.started_at,
            due_at: deadline.due_at,
            stopped_at,
            elapsed: running.elapsed(until),
            paused: running.paused(until),
            breached: until > deadline.due_at && running.elapsed(until) > Targets::of(priority).until(clock),
            intervals: running.intervals(until),
        }
    }
}

/// 80 % of the way.
fn warning(target: TimeDelta) -> TimeDelta {
    target * 4 / 5
}

/// What the clocks of a ticket say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The due date is over and the work is not done.
    pub overdue: bool,
    /// For how long the clock may still run until the due date; never less than nothing.
    pub remaining: TimeDelta,
    /// How long it has waited for the requester.
    pub paused: TimeDelta,
}

/// A clock explained: its parts, which add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// For how long it may run.
    pub target: TimeDelta,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it runs out.
    pub due_at: Timestamp,
    /// When it was stopped: by the answer, by the solution.
    pub stopped_at: Option<Timestamp>,
    /// For how long it has run.
    pub elapsed: TimeDelta,
    /// For how long it has waited for the requester.
    pub paused: TimeDelta,
    /// It has run longer than it may.
    pub breached: bool,
    /// All of its way: the lengths add up to the time since its start, those in which it ran to `elapsed`.
    pub intervals: Vec<Interval>,
}

impl Status {
    /// Whether the clocks of a ticket in this status run.
    pub const fn runs(self) -> bool {
        matches!(self, Self::Open | Self::InProgress)
    }
}

#[cfg(test)]
#[path = "sla_tests.rs"]
mod tests;
