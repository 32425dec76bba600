//! The use cases: put events on record, see what many are together, read the log, read and follow the feed, look at the
//! events that failed.

mod analyze;
mod failed;
mod feed;
mod logs;
mod record;

use std::sync::Arc;

use shared::{auth::Revocations, clock::Clock, db::Db, process::Process};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::domain::rules::Rules;

pub use analyze::{Analyzer, sweep};
pub use feed::{Feed, Following, Next};
pub use record::{RecordError, Recorder};

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
    rules: Arc<Rules>,
}

impl App {
    /// `stream_limit` is how many clients may follow the live feed at a time; `rules` are held against what is recorded.
    pub fn new(db: Db, process: &Process, stream_limit: usize, rules: Arc<Rules>) -> Self {
        Self {
            db,
            clock: process.clock.clone(),
            revocations: process.revocations.clone(),
            stopping: process.lifecycle.stopping(),
            feed: Feed::new(),
            streams: Arc::new(Semaphore::new(stream_limit)),
            stream_limit,
            rules,
        }
    }

    /// What writes events down.
    pub fn recorder(&self) -> Recorder {
        let analyzer = Analyzer::new(self.rules.clone(), self.clock.clone());
        Recorder::new(self.clock.clone(), self.feed.clone(), analyzer)
    }

    /// The live end of the feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}
