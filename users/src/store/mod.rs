//! Store remembers: the SeaORM entities, and the few functions that touch them.

mod accounts;
mod activity_row;
mod profile_row;
mod profiles;

pub use accounts::{register, set_active, set_role};
pub use profiles::{find, find_for_edit, save};
