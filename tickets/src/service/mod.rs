//! Service runs a use case from beginning to end and owns its transaction. (A consumer's belongs to the bus.)

mod change;
mod comment;
mod files;
mod open;
mod query;
mod staff;
mod statistics;
mod timers;

use std::sync::Arc;

use shared::cache::Cache;
use shared::clock::{Clock, Timestamp};
use shared::db::Db;

use crate::domain::Rules;
use statistics::Kept;

pub use crate::store::{Chapter, Export};
pub use change::Target;
pub use files::FileNews;
pub use query::Explained;
pub use timers::Timers;

/// The use cases of tickets, and what they need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    rules: Arc<Rules>,
    statistics: Arc<Kept>,
}

impl App {
    /// The use cases on this database, by this clock and these rules.
    pub fn new(db: Db, cache: Cache, clock: Clock, rules: Rules) -> Self {
        Self { db, clock, rules: Arc::new(rules), statistics: Arc::new(Kept::new(cache)) }
    }

    /// The time that answers are given by.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The rules that answers are given by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}
