//! What audit remembers. Rows are added and read; nothing in here changes or deletes one.

mod append;
mod audit_logs;
mod raw_events;
mod read;

pub use append::append;
pub use read::{feed, feed_end, lines_on, log, logs};
