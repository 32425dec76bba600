//! What this service counts, described and at zero from the start.

use shared::telemetry::{Measure, Unit};

/// Begins with all of it.
pub(crate) fn begin() {
    Measure::gauge("ticket_timers_late_seconds", Unit::Seconds, "How late the timer is that is due first.")
        .series(&[]);
    Measure::gauge("clock_skew_seconds", Unit::Seconds, "How far this clock is ahead of the database's.")
        .series(&[]);
}
