use std::sync::Arc;

use futures_util::{future::BoxFuture, join};
use sea_orm::DbErr;
use shared::{clock::Timestamp, db::Tx, ids::UserId};
use tokio::{sync::mpsc::unbounded_channel, task::yield_now};

use super::{Analyzer, Feed, index};
use crate::{
    domain::{AuditEntry, Draft, Hash, Link, Signer, measures},
    store::{self, Seals},
};

/// So many rows are made while those before them are written.
const PORTION: usize = 256;

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
        store::make_partition(tx, &head, recorded_at).await?;
        let seals = store::seals_for_all(tx, entries().filter_map(AuditEntry::person), now).await?;
        let mut end = End { at: (head.sequence, head.hash), recorded_at, seals, erased: Vec::new() };
        // The database does one after the other; what comes next is made meanwhile.
        let (to_write, mut writes) = unbounded_channel::<BoxFuture<'_, Result<(), DbErr>>>();
        let write = async {
            while let Some(write) = writes.recv().await {
                write.await?;
            }
            Ok(())
        };
        let make = async {
            let next = |write| {
                // Nobody writes any more after a fault, and that is told of there.
                let _ = to_write.send(write);
                yield_now()
            };
            for portion in drafts.chunks(PORTION) {
                let (mut rows, mut lines) = (Vec::new(), Vec::new());
                for draft in portion {
                    let link = end.link(draft)?;
                    let (facts, parts) = (draft.entry().facts(), draft.parts(&link));
                    lines.push(store::Indexed::of(link.sequence, link.person_id, facts, &parts));
                    rows.push((link, facts));
                }
                next(Box::pin(store::append(tx, rows))).await;
                next(index(tx.db()).add(tx, &lines)).await;
            }
            next(Box::pin(store::metrics::add(tx, &measures(events())))).await;
            drop(to_write);
            Ok::<_, DbErr>(())
        };
        let (made, written): (_, Result<(), DbErr>) = join!(make, write);
        made.and(written)?;
        let (sequence, hash) = end.at;
        store::move_head(tx, &self.signer.sign(sequence, hash, recorded_at)).await?;
        for person in end.erased {
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

/// The end of the trail, while rows are added to it.
struct End {
    at: (i64, Hash),
    recorded_at: Timestamp,
    /// The seals of all whom the rows are about.
    seals: Seals,
    /// Those among them whose erasure is on record now.
    erased: Vec<UserId>,
}

impl End {
    /// The next row, which is the end from then on.
    fn link(&mut self, draft: &Draft) -> Result<Link, DbErr> {
        let entry = draft.entry();
        let seal = entry.person().and_then(|person| self.seals.get(&person)?.as_ref());
        let link = draft.link(self.at, self.recorded_at, seal);
        let link = link.map_err(|fault| DbErr::Custom(fault.to_string()))?;
        self.at = (link.sequence, link.hash);
        if let Some(person) = entry.erased() {
            self.seals.insert(person, None);
            self.erased.push(person);
        }
        Ok(link)
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
