//! What this service counts, described and at zero from the start.

use shared::telemetry::{Measure, Unit};

/// Begins with all of it.
pub(crate) fn begin() {
    Measure::counter("auth_login_failures_total", Unit::Count, "Passwords that were refused.")
        .each("reason", ["bad_credentials", "inactive", "locked"]);
    Measure::counter("auth_locked_attempts_total", Unit::Count, "Attempts on an address that is locked.")
        .series(&[]);
    Measure::counter("auth_rate_limited_total", Unit::Count, "Requests that came too often.").series(&[]);
    Measure::counter("auth_password_comparisons_total", Unit::Count, "Passwords that were compared.")
        .series(&[]);
    Measure::counter("auth_refresh_reuse_total", Unit::Count, "Refresh tokens that came a second time.")
        .series(&[]);
}
