//! The time, passed in: a rule that depends on it can then be tested at any moment of any day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, SecondsFormat, SubsecRound, Utc};

/// A moment in UTC. What a [`Clock`] gives is whole microseconds, the finest that PostgreSQL keeps.
pub type Timestamp = DateTime<Utc>;

/// Where the time comes from: the system, or a test.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// The machine's, wrong by so much.
    Wrong(Duration),
    /// Microseconds since 1970, shared by all clones so that advancing one advances all.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A machine's clock that is wrong by `by`, to see what it does among others that are right.
    pub fn wrong_by(by: Duration) -> Self {
        Clock(Source::Wrong(by))
    }

    /// Whether it is a machine's; a test's stands still.
    pub fn is_system(&self) -> bool {
        !matches!(self.0, Source::Fixed(_))
    }

    /// A clock that stands at `at` until it is advanced; its clones move with it.
    pub fn fixed(at: Timestamp) -> Self {
        Clock(Source::Fixed(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Now, truncated to microseconds, so that what was written is equal to what is read back from either database.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[allow(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Wrong(by) => Clock::system().now() + *by,
            Source::Fixed(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst))
                .expect("a fixed clock holds a moment that was a timestamp"),
        }
    }

    /// Moves a fixed clock and all its clones by `by`. The system's clock is not ours to move: there it does nothing.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

/// RFC 3339 with microseconds and a `Z`: always as long, for what is hashed, or kept as text.
pub fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_and_its_clones_move_together() {
        let clock = Clock::fixed("2026-01-31T10:00:00.123456789Z".parse().unwrap());
        let clone = clock.clone();
        clock.advance(Duration::hours(2));
        assert_eq!(rfc3339(clone.now()), "2026-01-31T12:00:00.123456Z");
    }

    #[test]
    fn the_system_clock_gives_whole_microseconds() {
        let now = Clock::system().now();
        assert_eq!(now.timestamp_subsec_nanos() % 1000, 0);
    }
}
