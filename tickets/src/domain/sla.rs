use chrono::TimeDelta;
use shared::clock::Timestamp;

use super::{Priority, Status};

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
}

/// The clocks of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sla {
    /// When an agent must have answered.
    pub response_due_at: Timestamp,
    /// When an agent first answered in public.
    pub responded_at: Option<Timestamp>,
    /// When it must be solved; the ticket's due date.
    pub resolution_due_at: Timestamp,
    /// How long the clock has stood still so far.
    pub paused: TimeDelta,
}

impl Sla {
    /// Both clocks, started at `now`.
    pub fn started(priority: Priority, now: Timestamp) -> Self {
        let targets = Targets::of(priority);
        Self {
            response_due_at: now + targets.response,
            responded_at: None,
            resolution_due_at: now + targets.resolution,
            paused: TimeDelta::zero(),
        }
    }

    /// How things stand at `now` for a ticket in this status.
    pub fn standing(&self, status: Status, now: Timestamp) -> Standing {
        Standing {
            overdue: !status.is_settled() && now > self.resolution_due_at,
            remaining: (self.resolution_due_at - now).max(TimeDelta::zero()),
        }
    }
}

/// What the clocks of a ticket say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The due date is over and the work is not done.
    pub overdue: bool,
    /// What is left until the due date; never less than nothing.
    pub remaining: TimeDelta,
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn any_moment() -> impl Strategy<Value = Timestamp> {
        // 1970 to 2100, in microseconds.
        (0..4_102_444_800_000_000i64).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
    }

    #[test]
    fn the_targets_are_the_table_of_the_specification() {
        for (priority, response_minutes, resolution_hours) in [
            (Priority::Urgent, 30, 2),
            (Priority::High, 2 * 60, 4),
            (Priority::Medium, 4 * 60, 24),
            (Priority::Low, 24 * 60, 72),
        ] {
            let targets = Targets::of(priority);
            assert_eq!(targets.response, TimeDelta::minutes(response_minutes), "{priority:?}");
            assert_eq!(targets.resolution, TimeDelta::hours(resolution_hours), "{priority:?}");
        }
    }

    #[test]
    fn a_ticket_is_overdue_one_tick_after_its_due_date_and_not_before() {
        let sla = Sla::started(Priority::Urgent, DateTime::UNIX_EPOCH);
        let due = sla.resolution_due_at;
        let tick = TimeDelta::microseconds(1);
        for (now, overdue, remaining) in [
            (due - tick, false, tick),
            (due, false, TimeDelta::zero()),
            (due + tick, true, TimeDelta::zero()),
        ] {
            assert_eq!(sla.standing(Status::Open, now), Standing { overdue, remaining }, "{now}");
        }
    }

    #[test]
    fn what_is_settled_is_never_overdue() {
        let sla = Sla::started(Priority::Urgent, DateTime::UNIX_EPOCH);
        let long_after = sla.resolution_due_at + TimeDelta::days(365);
        for status in Status::ALL {
            assert_eq!(sla.standing(status, long_after).overdue, !status.is_settled(), "{status:?}");
        }
    }

    proptest! {
        #[test]
        fn the_more_pressing_is_never_due_later(opened in any_moment()) {
            for pair in Priority::ALL.windows(2) {
                let (lesser, greater) = (Sla::started(pair[0], opened), Sla::started(pair[1], opened));
                prop_assert!(greater.response_due_at < lesser.response_due_at);
                prop_assert!(greater.resolution_due_at < lesser.resolution_due_at);
            }
        }

        #[test]
        fn elapsed_and_remaining_add_up_until_the_due_date(
            opened in any_moment(), priority in prop::sample::select(&Priority::ALL[..]), seconds in 0..400_000i64,
        ) {
            let sla = Sla::started(priority, opened);
            let elapsed = TimeDelta::seconds(seconds);
            let standing = sla.standing(Status::Open, opened + elapsed);
            let target = Targets::of(priority).resolution;
            prop_assert_eq!(standing.overdue, elapsed > target);
            prop_assert_eq!(standing.remaining, (target - elapsed).max(TimeDelta::zero()));
        }
    }
}
