//! The use cases: put events on record, read the log, read and follow the feed, show what was counted.

mod feed;
mod logs;
mod metrics;
mod record;
mod reports;

use std::sync::Arc;

use shared::{auth::Revocations, clock::Clock, db::Db, process::Process};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use feed::{Feed, Following, Next};
pub use record::{RecordError, Recorder};

use crate::rendering::Pages;

/// Audit at work; clones share everything.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    revocations: Revocations,
    stopping: CancellationToken,
    feed: Feed,
    streams: Arc<Semaphore>,
    stream_limit: usize,
    pages: Arc<Pages>,
}

impl App {
    /// `stream_limit` is how many clients may follow the live feed at a time.
    pub fn new(db: Db, process: &Process, stream_limit: usize) -> Self {
        Self {
            db,
            clock: process.clock.clone(),
            revocations: process.revocations.clone(),
            stopping: process.lifecycle.stopping(),
            feed: Feed::new(),
            streams: Arc::new(Semaphore::new(stream_limit)),
            stream_limit,
            pages: Arc::new(Pages::new()),
        }
    }

    /// What writes events down.
    pub fn recorder(&self) -> Recorder {
        Recorder::new(self.clock.clone(), self.feed.clone())
    }

    /// The live end of the feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}
