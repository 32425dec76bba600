//! The use cases of files, one in each module.

mod avatar;
mod delete;
mod download;
mod export;
pub mod forget;
mod intake;
mod query;
mod see;
mod sweep;
mod upload;

use std::sync::Arc;

use shared::clock::Clock;
use shared::db::Db;
use shared::http::client::ServiceClient;
use tokio::sync::Semaphore;

use crate::blobs::{Buckets, Spool};
use crate::config::Uploads;
use crate::domain::Limits;

pub use avatar::Picture;
pub use download::Reader;
pub use export::Export;
pub use intake::{Pace, Parcel};
pub use see::Visible;
pub use sweep::sweep;
pub use upload::Incoming;

/// The service; clones share everything.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    buckets: Buckets,
    spool: Spool,
    tickets: ServiceClient,
    limits: Limits,
    uploads: Uploads,
    slots: Arc<Semaphore>,
}

impl App {
    /// Puts the service together.
    pub fn new(
        db: Db,
        clock: Clock,
        buckets: Buckets,
        spool: Spool,
        tickets: ServiceClient,
        limits: Limits,
        uploads: Uploads,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(uploads.slots));
        Self { db, clock, buckets, spool, tickets, limits, uploads, slots }
    }
}
