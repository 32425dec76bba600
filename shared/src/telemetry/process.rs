//! What the operating system says of this process, under the names that all exporters use.

use std::fs;

use super::measure::{Measure, Unit};
use crate::clock::Timestamp;

/// Describes the metrics that are the same in every process, and sets those that never change.
pub(super) fn begin(now: Timestamp) {
    Measure::gauge("helpdesk_build_info", Unit::Count, "1; its labels say which build this is.")
        .series(&[("version", env!("CARGO_PKG_VERSION"))]);
    metrics::gauge!("helpdesk_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Measure::gauge("process_start_time_seconds", Unit::Seconds, "When the process began, since 1970.")
        .series(&[]);
    metrics::gauge!("process_start_time_seconds").set(now.timestamp() as f64);
    Measure::gauge("process_resident_memory_bytes", Unit::Bytes, "Memory that the process holds.")
        .series(&[]);
    Measure::gauge("process_open_fds", Unit::Count, "Files and connections that are open.").series(&[]);
    Measure::gauge("process_max_fds", Unit::Count, "How many may be open at once.").series(&[]);
    Measure::counter("http_requests_total", Unit::Count, "Requests that were answered.").later();
    Measure::histogram("http_request_duration_seconds", Unit::Seconds, "From a request to its answer.")
        .later();
    Measure::counter("token_refusals_total", Unit::Count, "Requests whose access token was refused.")
        .each("reason", ["missing", "invalid", "expired", "revoked", "unavailable"]);
    Measure::counter("access_refusals_total", Unit::Count, "Requests by somebody whose role is not enough.")
        .each("needed", ["user", "agent", "admin"]);
    Measure::counter("cache_errors_total", Unit::Count, "Questions to Redis that failed.").series(&[]);
    look();
}

/// Looks anew. Where there is no `/proc` all of it stays at zero.
pub(super) fn look() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(bytes) = resident(&status) {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(open.count() as f64);
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    if let Some(most) = most_files(&limits) {
        metrics::gauge!("process_max_fds").set(most as f64);
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

fn most_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read() {
        assert_eq!(resident("Name:\thelpdesk\nVmRSS:\t   43900 kB\nRssAnon:\t 1 kB\n"), Some(44_953_600));
        assert_eq!(resident("Name:\thelpdesk\n"), None);
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(most_files(limits), Some(1024));
        assert_eq!(
            most_files("Max open files            unlimited            unlimited            files\n"),
            None
        );
    }
}
