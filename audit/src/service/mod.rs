//! The use cases: put events on record, read the log, read and follow the feed, show that nobody has touched it, see to it that
//! nothing is missing, show what was counted.

mod export;
mod feed;
mod keep;
mod logs;
mod metrics;
mod open;
mod reconcile;
mod record;
mod reports;
mod verify;

use std::sync::Arc;

use shared::{clock::Clock, db::Db, live::Live, process::Process};
use tokio::sync::Semaphore;

use crate::{domain::Signer, rendering::Pages};

pub use export::Export;
pub use feed::{Feed, Following};
pub use reconcile::Reconciler;
pub use record::{RecordError, Recorder};
pub use verify::Verdict;

/// Audit at work; clones share everything.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    live: Live,
    signer: Arc<Signer>,
    feed: Feed,
    streams: Arc<Semaphore>,
    stream_limit: usize,
    pages: Arc<Pages>,
}

impl App {
    /// `stream_limit` is how many clients may follow the live feed at a time.
    pub fn new(db: Db, process: &Process, signer: Signer, stream_limit: usize) -> Self {
        Self {
            db,
            clock: process.clock.clone(),
            live: Live::new(process),
            signer: Arc::new(signer),
            feed: Feed::new(),
            streams: Arc::new(Semaphore::new(stream_limit)),
            stream_limit,
            pages: Arc::new(Pages::new()),
        }
    }

    /// What writes events down.
    pub fn recorder(&self) -> Recorder {
        Recorder::new(self.signer.clone(), self.feed.clone())
    }

    /// The live end of the feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}
