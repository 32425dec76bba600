//! Store remembers: the SeaORM entities, and the few functions that touch them.

mod history_row;
mod read;
mod ticket_row;
mod write;

pub use read::{find, list};
pub use write::{next_number, save};
