//! What this service counts, described and at zero from the start.

use shared::telemetry::{Measure, Unit};

use crate::domain::Template;

/// Begins with all of it. Only mails are known beforehand; the gateways are off by default.
pub(crate) fn begin() {
    Measure::gauge("delivery_queue_age_seconds", Unit::Seconds, "How long the oldest due delivery waits.")
        .series(&[]);
    let settled =
        Measure::counter("deliveries_total", Unit::Count, "Attempts to deliver, by what came of them.");
    for template in Template::ALL {
        for status in ["sent", "retried", "failed"] {
            settled.series(&[("status", status), ("template", template.as_str()), ("channel", "email")]);
        }
    }
}
