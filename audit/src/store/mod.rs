//! What audit remembers. Rows of the trail are added and read; nothing in here changes or deletes one. What is counted
//! ([`metrics`]) follows from the trail.

mod append;
mod audit_logs;
pub mod metrics;
mod raw_events;
mod read;
mod sums;

pub use append::append;
pub use read::{feed, feed_end, lines_on, log, logs};
pub use sums::{course, parts, totals};
