//! The use cases: put events on record, see what many are together, read the log, read and follow the feed, show that nobody
//! has touched it, put its oldest months away, see to it that nothing is missing, show what was counted, look at the events that failed.

mod analyze;
mod archives;
mod export;
mod failed;
mod feed;
mod keep;
mod logs;
mod mail_reports;
mod metrics;
mod open;
mod pack;
mod reader;
mod rebuild;
mod reconcile;
mod record;
mod reports;
mod retain;
mod search;
mod verify;
mod walk;

use std::sync::Arc;

use shared::{blobs::Blobs, clock::Clock, db::Db, live::Live, process::Process};
use tokio::sync::{Notify, Semaphore};

use crate::{
    domain::{Signer, rules::Rules},
    rendering::Pages,
};

pub use analyze::{Analyzer, sweep};
pub use export::Export;
pub use feed::{Feed, Following};
pub use mail_reports::ReportMails;
pub use reader::FeedReader;
pub use reconcile::Reconciler;
pub use record::{RecordError, Recorder};
pub use retain::Archiver;
pub use verify::Verdict;

use search::index;

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
    rules: Arc<Rules>,
    archives: Option<Blobs>,
    rebuilder: Arc<Notify>,
}

impl App {
    /// `stream_limit` is how many clients may follow the live feed at a time; `rules` are held against what is recorded.
    pub fn new(db: Db, process: &Process, signer: Signer, stream_limit: usize, rules: Arc<Rules>) -> Self {
        Self {
            db,
            clock: process.clock.clone(),
            live: Live::new(process),
            signer: Arc::new(signer),
            feed: Feed::new(),
            streams: Arc::new(Semaphore::new(stream_limit)),
            stream_limit,
            pages: Arc::new(Pages::new()),
            rules,
            archives: None,
            rebuilder: Arc::new(Notify::new()),
        }
    }

    /// The same, with the bucket in which its archives lie.
    #[must_use]
    pub fn with_archives(self, bucket: Blobs) -> Self {
        Self { archives: Some(bucket), ..self }
    }

    /// What writes events down.
    pub fn recorder(&self) -> Recorder {
        let analyzer = Analyzer::new(self.rules.clone(), self.clock.clone());
        Recorder::new(self.signer.clone(), self.feed.clone(), analyzer)
    }

    /// The live end of the feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}
