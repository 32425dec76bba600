//! The use cases of files, one in each module.

mod access;
mod avatar;
mod delete;
mod download;
mod export;
pub mod forget;
mod intake;
mod link;
mod query;
mod see;
mod sweep;
mod thumbnail;
mod upload;

use std::sync::Arc;

use shared::blobs::Spool;
use shared::clock::Clock;
use shared::db::Db;
use shared::http::client::ServiceClient;
use tokio::sync::Semaphore;

use crate::buckets::Buckets;
use crate::config::{Config, Uploads};
use crate::domain::Limits;
use crate::scanner::Scanner;

pub use crate::store::Noted;
pub use access::Reader;
pub use avatar::Picture;
pub use export::Export;
pub use intake::{Pace, Parcel};
use see::Glances;
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
    scanner: Scanner,
    glances: Glances,
    drawing: Arc<Semaphore>,
    copies: Arc<Semaphore>,
}

impl App {
    /// Puts the service together.
    pub fn new(
        db: Db,
        clock: Clock,
        buckets: Buckets,
        spool: Spool,
        tickets: ServiceClient,
        scanner: Scanner,
        config: &Config,
    ) -> Self {
        let Config { limits, ref uploads, .. } = *config;
        Self {
            slots: Arc::new(Semaphore::new(uploads.slots)),
            glances: Glances::for_a_while(config.visibility_ttl),
            drawing: Arc::new(Semaphore::new(thumbnail::room_for(limits.pixels) as usize)),
            copies: Arc::new(Semaphore::new(thumbnail::COPIES)),
            uploads: uploads.clone(),
            limits,
            db,
            clock,
            buckets,
            spool,
            tickets,
            scanner,
        }
    }
}
