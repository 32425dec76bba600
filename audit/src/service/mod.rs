//! The use cases: put events on record, see what many are together, read the log, read and follow the feed, show that nobody
//! has touched it, put its oldest months away, see to it that nothing is missing, show what was counted, look at the events that failed.

mod analyze;
mod archives;
mod export;
mod failed;
mod feed;
mod keep;
mod kept;
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
mod standings;
mod verify;
mod walk;

use std::{sync::Arc, time::Duration};

use shared::{blobs::Blobs, clock::Clock, db::Db, live::Live, process::Process};
use tokio::sync::{Notify, Semaphore};

use crate::{
    domain::{Metrics, Signer, report::Report, rules::Rules},
    rendering::Pages,
};

pub use analyze::{Analyzer, sweep};
pub use export::Export;
pub use feed::{Feed, Following};
pub use mail_reports::ReportMails;
pub use reader::FeedReader;
pub use reconcile::Reconciler;
pub use record::Recorder;
pub use retain::Archiver;
pub use verify::Verdict;

use kept::Kept;
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
    metrics: Kept<metrics::Asked, Metrics>,
    reports: Kept<reports::Asked, Report>,
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
            metrics: Kept::for_a_while(Duration::ZERO),
            reports: Kept::for_a_while(Duration::ZERO),
            rebuilder: Arc::new(Notify::new()),
        }
    }

    /// The same, keeping what was counted – reports, and the numbers of `GET /audit/metrics` – for so long.
    #[must_use]
    pub fn keeping_answers(self, ttl: Duration) -> Self {
        Self { metrics: Kept::for_a_while(ttl), reports: Kept::for_a_while(ttl), ..self }
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

#[cfg(test)]
impl App {
    /// One with a founded trail and the rules as they are by default.
    async fn of(world: &shared::testing::World) -> Self {
        let db = world.open::<migrations::audit::Migrator>("audit").await;
        let rules = crate::Config::read(&shared::config::Sources::of("", [])).unwrap().rules;
        let app = Self::new(db, world.process(), Signer::of(&[7; 32]), 1, rules.into());
        app.found().await.unwrap();
        app
    }
}
