//! Service runs a use case from beginning to end and owns its transaction. (A consumer's belongs to the bus.)

pub mod account;
mod profile;

use shared::clock::Clock;
use shared::db::Db;

/// The use cases of users, and what they need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
}

impl App {
    /// The use cases on this database, by this clock.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }
}
