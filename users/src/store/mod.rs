//! Store remembers: the SeaORM entities, the few functions that touch them, and the cache in front of them.

pub mod activities;
mod activity_row;
pub mod people;
mod profile_row;
mod profiles;
mod shelf;

pub use profiles::{erase, fill_search, find, lock, make, note, save};
pub use shelf::Shelf;
