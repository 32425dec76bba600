//! What this service counts, described and at zero from the start.

use shared::telemetry::{Measure, Unit};

/// Begins with all of it.
pub(crate) fn begin() {
    Measure::counter("files_scans_total", Unit::Count, "Files that were shown to the virus scanner.")
        .each("outcome", ["clean", "infected", "failed"]);
    Measure::gauge("files_abandoned_uploads", Unit::Count, "Uploads that were begun and never finished.")
        .series(&[]);
    Measure::counter("files_stored_total", Unit::Count, "Files that were stored.").series(&[]);
    Measure::counter("files_stored_bytes_total", Unit::Bytes, "Bytes of the files that were stored.")
        .series(&[]);
}
