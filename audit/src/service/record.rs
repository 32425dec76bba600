use std::sync::Arc;

use futures_util::join;
use sea_orm::DbErr;
use shared::{clock::Timestamp, db::Tx};

use super::{Analyzer, Feed, index};
use crate::{
    domain::{AuditEntry, Draft, Signer, measures},
    store,
};

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
    /// When the database refuses: then nothing of them may be committed.
    pub async fn record(&self, tx: &Tx, drafts: &[&Draft], now: Timestamp) -> Result<(), DbErr> {
        if drafts.is_empty() {
            return Ok(());
        }
        let entries = || drafts.iter().map(|draft| draft.entry());
        let events = || entries().map(AuditEntry::event);
        let head = store::lock_head(tx).await?;
        // A clock that was set back does not make an older row of a newer one.
        let recorded_at = now.max(head.recorded_at);
        let mut seals = store::seals_for_all(tx, entries().filter_map(AuditEntry::person), now).await?;
        let mut end = (head.sequence, head.hash);
        let mut rows = Vec::with_capacity(drafts.len());
        let mut parts = Vec::with_capacity(drafts.len());
        let mut erased = Vec::new();
        for draft in drafts {
            let entry = draft.entry();
            let seal = entry.person().and_then(|person| seals.get(&person)?.as_ref());
            let link =
                draft.link(end, recorded_at, seal).map_err(|fault| DbErr::Custom(fault.to_string()))?;
            end = (link.sequence, link.hash);
            parts.push((link.sequence, link.person_id, entry.facts(), draft.parts(&link)));
            rows.push((link, entry.facts()));
            if let Some(person) = entry.erased() {
                seals.insert(person, None);
                erased.push(person);
            }
        }
        // The database does one after the other; the others are worked out meanwhile.
        let find = async {
            let lines = parts.iter().map(|(sequence, person, facts, withheld)| {
                store::Indexed::of(*sequence, *person, facts, withheld)
            });
            index(tx.db()).add(tx, &lines.collect::<Vec<_>>()).await
        };
        let count = async { store::metrics::add(tx, &measures(events())).await };
        let (appended, found, counted) = join!(store::append(tx, &head, rows), find, count);
        appended.and(found).and(counted)?;
        store::move_head(tx, &self.signer.sign(end.0, end.1, recorded_at)).await?;
        for person in erased {
            store::destroy(tx, person, now).await?;
            index(tx.db()).forget(tx, person).await?;
        }
        let numbers: Vec<_> = events().map(|event| (&*event.source, event.sequence)).collect();
        store::arrivals::note(tx, &numbers).await?;
        self.analyzer.look(tx, events()).await?;
        self.feed.wake_after(tx);
        Ok(())
    }
}
