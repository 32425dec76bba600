//! Store remembers: the SeaORM entities, and the few functions that touch them.

mod attachment_row;
pub mod attachments;
mod comment_row;
mod export;
mod history_row;
#[cfg(test)]
mod plans_tests;
mod read;
mod search;
pub mod staff;
mod statistics;
mod story;
mod ticket_row;
mod write;

pub use export::{Export, export};
pub use read::{find, list, list_found, lock, lock_assigned, lock_due, next_timer};
pub use statistics::statistics;
pub use story::{Chapter, comments, history, whole_history};
pub use write::{next_number, save};
