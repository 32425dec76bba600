//! What audit remembers. Of the record, rows are added and read; nothing in here changes or deletes one. What the rules
//! count is no record, and is forgotten.

mod append;
mod audit_logs;
mod raw_events;
mod read;
mod rules;

pub use append::append;
pub use read::{feed, feed_end, lines_on, log, logs};
pub use rules::{enter, finding, forget_older, overflowing, speak_of, spoken_of, sweep};
