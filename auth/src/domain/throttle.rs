//! How often somebody may be wrong about one address, whether anybody has it or not.

use chrono::Duration;
use shared::clock::Timestamp;

/// The limits of guessing, from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct ThrottleRules {
    /// So many failures within the window lock the address.
    pub max_failures: usize,
    /// How long a failure counts.
    pub window: Duration,
    /// How long the first lock lasts; each further one lasts twice as long.
    pub first_lock: Duration,
    /// No lock lasts longer: the owner must not be kept out for long by a stranger.
    pub longest_lock: Duration,
}

/// The failures that count against one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    recent: Vec<Timestamp>,
    locks: u32,
    locked_until: Option<Timestamp>,
}

/// Whether the password may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may. Should it be wrong, the address is locked until then.
    Try {
        /// Set when this attempt is the one too many.
        locks_until: Option<Timestamp>,
    },
    /// It may not, right or wrong, until then.
    Refuse {
        /// The end of the lock.
        until: Timestamp,
    },
}

impl Attempts {
    /// As it was stored.
    #[must_use]
    pub fn restore(recent: Vec<Timestamp>, locks: u32, locked_until: Option<Timestamp>) -> Self {
        Self { recent, locks, locked_until }
    }

    /// The moments of the failures that count.
    #[must_use]
    pub fn recent(&self) -> &[Timestamp] {
        &self.recent
    }

    /// How many locks came one after the other.
    #[must_use]
    pub fn locks(&self) -> u32 {
        self.locks
    }

    /// Until when the address is or was locked.
    #[must_use]
    pub fn locked_until(&self) -> Option<Timestamp> {
        self.locked_until
    }

    /// Books an attempt as a failure *before* its password is looked at; a success strikes all of them out again.
    /// So attempts made at the same time cannot all pass on the same count, and a crash in between forgives nothing.
    pub fn book(&mut self, rules: &ThrottleRules, now: Timestamp) -> Verdict {
        if let Some(until) = self.locked_until.filter(|until| *until > now) {
            return Verdict::Refuse { until };
        }
        if self.locked_until.is_some_and(|until| now - until >= rules.window) {
            self.locks = 0;
        }
        self.recent.retain(|failure| now - *failure < rules.window);
        self.recent.push(now);
        if self.recent.len() < rules.max_failures {
            return Verdict::Try { locks_until: None };
        }
        // The oldest one decides nothing any more, and the row stays small.
        self.recent.drain(..self.recent.len() - rules.max_failures);
        let until = now + rules.lock(self.locks);
        self.locks = self.locks.saturating_add(1);
        self.locked_until = Some(until);
        Verdict::Try { locks_until: Some(until) }
    }
}

impl ThrottleRules {
    /// After that long without a failure nothing of an address needs to be remembered.
    #[must_use]
    pub fn forgotten_after(&self) -> Duration {
        self.longest_lock + self.window * 2
    }

    /// How long the lock after `earlier` other ones lasts.
    fn lock(&self, earlier: u32) -> Duration {
        let doubled =
            1i32.checked_shl(earlier.min(30)).and_then(|factor| self.first_lock.checked_mul(factor));
        doubled.map_or(self.longest_lock, |lock| lock.min(self.longest_lock))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: ThrottleRules = ThrottleRules {
        max_failures: 5,
        window: Duration::minutes(15),
        first_lock: Duration::seconds(30),
        longest_lock: Duration::minutes(15),
    };

    fn start() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn five_failures_lock_and_each_further_one_locks_for_longer() {
        let mut attempts = Attempts::default();
        let mut now = start();
        for _ in 0..4 {
            assert_eq!(attempts.book(&RULES, now), Verdict::Try { locks_until: None });
        }
        for seconds in [30, 60, 120, 240, 480] {
            let until = now + Duration::seconds(seconds);
            assert_eq!(attempts.book(&RULES, now), Verdict::Try { locks_until: Some(until) });
            assert_eq!(attempts.book(&RULES, until - Duration::microseconds(1)), Verdict::Refuse { until });
            now = until;
        }
    }

    #[test]
    fn failures_further_apart_than_the_window_never_lock() {
        let mut attempts = Attempts::default();
        for n in 0..100 {
            let now = start() + Duration::minutes(4) * n;
            assert_eq!(attempts.book(&RULES, now), Verdict::Try { locks_until: None }, "attempt {n}");
        }
    }

    #[test]
    fn a_quiet_quarter_of_an_hour_after_a_lock_begins_anew() {
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            attempts.book(&RULES, start());
        }
        let later = attempts.locked_until().unwrap() + RULES.window;
        assert_eq!(attempts.book(&RULES, later), Verdict::Try { locks_until: None });
        for _ in 0..3 {
            attempts.book(&RULES, later);
        }
        assert_eq!(
            attempts.book(&RULES, later),
            Verdict::Try { locks_until: Some(later + Duration::seconds(30)) }
        );
    }

    proptest! {
        /// Whatever the rhythm: at most the five, and one more for each lock that was sat out.
        #[test]
        fn no_rhythm_of_guessing_beats_the_limit(gaps in prop::collection::vec(0i64..200_000, 1..400)) {
            let mut attempts = Attempts::default();
            let mut now = start();
            let mut tried: Vec<Timestamp> = Vec::new();
            for gap in gaps {
                now += Duration::milliseconds(gap);
                if let Verdict::Try { .. } = attempts.book(&RULES, now) {
                    tried.push(now);
                }
                let within = tried.iter().filter(|at| now - **at < RULES.window).count();
                prop_assert!(within <= RULES.max_failures + 5, "{within} guesses within 15 minutes");
                prop_assert!(attempts.recent().len() <= RULES.max_failures);
            }
        }

        #[test]
        fn nobody_is_locked_for_longer_than_the_longest_lock(times in prop::collection::vec(0i64..10_000_000, 1..200)) {
            let mut times = times;
            times.sort_unstable();
            let mut attempts = Attempts::default();
            for at in times {
                let now = start() + Duration::milliseconds(at);
                attempts.book(&RULES, now);
                if let Some(until) = attempts.locked_until() {
                    prop_assert!(until - now <= RULES.longest_lock);
                }
            }
        }
    }
}
