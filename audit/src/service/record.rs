use sea_orm::DbErr;
use shared::{clock::Clock, db::Tx, events::Envelope};

use super::{Analyzer, Feed};
use crate::{
    domain::{AuditEntry, Unreadable},
    store,
};

/// Why an event could not be put on record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It never will be by this build.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It may be later.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Writes events down: raw and as lines of the log, together or not at all.
#[derive(Clone)]
pub struct Recorder {
    clock: Clock,
    feed: Feed,
    analyzer: Analyzer,
}

impl Recorder {
    pub(super) fn new(clock: Clock, feed: Feed, analyzer: Analyzer) -> Self {
        Self { clock, feed, analyzer }
    }

    /// Puts events on record in the order given; they take the next numbers of the feed. That an event is recorded
    /// once is the inbox's doing, and the tables refuse a second time as well.
    ///
    /// # Errors
    /// When one of them cannot be read, or the database refuses: then nothing of them may be committed.
    pub async fn record(&self, tx: &Tx, events: &[&Envelope]) -> Result<(), RecordError> {
        let now = self.clock.now();
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            entries.push((AuditEntry::of(event)?, *event));
        }
        store::append(tx, now, &entries).await?;
        self.analyzer.look(tx, events).await?;
        self.feed.wake_after(tx);
        Ok(())
    }
}
