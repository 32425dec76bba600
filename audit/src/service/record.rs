use std::sync::Arc;

use sea_orm::DbErr;
use shared::{clock::Timestamp, db::Tx, events::Envelope};

use super::{Analyzer, Feed};
use crate::{
    domain::{AuditEntry, Link, Signer, Unreadable, hash, measures},
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

/// Writes events down: into the trail and into all that is made of it, together or not at all.
#[derive(Clone)]
pub struct Recorder {
    signer: Arc<Signer>,
    feed: Feed,
    analyzer: Analyzer,
}

impl Recorder {
    pub(super) fn new(signer: Arc<Signer>, feed: Feed, analyzer: Analyzer) -> Self {
        Self { signer, feed, analyzer }
    }

    /// Puts events on record in the order given; they take the next numbers of the feed. That an event is recorded
    /// once is the inbox's doing.
    ///
    /// # Errors
    /// When one of them cannot be read, or the database refuses: then nothing of them may be committed.
    pub async fn record(
        &self,
        tx: &Tx,
        events: impl IntoIterator<Item = &Envelope>,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        let entries = events.into_iter().map(AuditEntry::of).collect::<Result<Vec<_>, _>>()?;
        if entries.is_empty() {
            return Ok(());
        }
        let head = store::lock_head(tx).await?;
        // A clock that was set back does not make an older row of a newer one.
        let recorded_at = now.max(head.recorded_at);
        let mut seals = store::seals_for_all(tx, entries.iter().filter_map(AuditEntry::person), now).await?;
        let (mut sequence, mut previous) = (head.sequence, head.hash);
        let mut rows = Vec::with_capacity(entries.len());
        for entry in &entries {
            let person_id = entry.person();
            let seal = person_id.and_then(|person| seals.get(&person)?.as_ref());
            let (envelope, sealed) = entry.sealed(seal).map_err(|fault| DbErr::Custom(fault.to_string()))?;
            sequence += 1;
            previous = hash(previous, sequence, recorded_at, person_id, sealed.as_deref(), &envelope);
            let link = Link { sequence, recorded_at, person_id, sealed, envelope, hash: previous };
            rows.push((link, entry.facts().clone()));
            if let Some(erased) = entry.erased() {
                store::destroy(tx, erased, now).await?;
                seals.insert(erased, None);
            }
        }
        store::append(tx, &head, rows).await?;
        store::move_head(tx, &self.signer.sign(sequence, previous, recorded_at)).await?;
        let numbers: Vec<_> =
            entries.iter().map(|entry| (&*entry.event().source, entry.event().sequence)).collect();
        store::arrivals::note(tx, &numbers).await?;
        store::metrics::add(tx, &measures(entries.iter().map(AuditEntry::event))).await?;
        self.analyzer.look(tx, entries.iter().map(AuditEntry::event)).await?;
        self.feed.wake_after(tx);
        Ok(())
    }
}
