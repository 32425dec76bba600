use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chrono::TimeDelta;
use futures_util::{StreamExt, pin_mut};
use sha2::{Digest, Sha256};
use shared::{
    blobs::{Blobs, Spool},
    clock::Timestamp,
};
use tokio_util::sync::CancellationToken;

use super::{
    App, index,
    pack::{Pack, Packed},
    walk::Walk,
};
use crate::{
    domain::{Archive, Checkpoint, Contents, Hash, month_to_put_away},
    store,
};

const CONTENT_TYPE: &str = "application/gzip";

/// Puts the months of the trail away that are older than is wished: into files in a bucket, and then out of the table.
///
/// Nobody leads. A file's name follows from its bytes and these from the rows, so whoever writes a month, and how often, it is the
/// same object; the rows go in the transaction that says which files have them, and under the lock of the trail's end it is seen
/// that no other replica has done so. Killed at any moment, it leaves at most files that are written once more.
pub struct Archiver {
    /// The service whose trail it is.
    pub app: App,
    /// The bucket.
    pub bucket: Blobs,
    /// Where a file waits until it is whole.
    pub spool: Spool,
    /// How long rows stay.
    pub keep: TimeDelta,
    /// How often months are looked for.
    pub every: Duration,
    /// A file that has so many rows ends at its next checkpoint.
    pub rows: u64,
}

/// The rows of a month, written to files.
struct Written {
    archives: Vec<Archive>,
    end: Checkpoint,
}

impl Archiver {
    /// Works for as long as the process lives.
    ///
    /// # Errors
    /// None: what fails is tried again at the next turn.
    pub async fn run(self, halting: CancellationToken) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                // Whatever it is at is as if it had been killed: nothing is lost.
                () = halting.cancelled() => return Ok(()),
                () = self.turn() => {}
            }
        }
    }

    async fn turn(&self) {
        loop {
            match self.put_away_a_month().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    metrics::counter!("audit_archive_failures_total").increment(1);
                    let error = format!("{error:#}");
                    tracing::warn!(
                        error,
                        "a month of the trail could not be put away; it stays, and is tried again"
                    );
                    break;
                }
            }
        }
        tokio::time::sleep(self.every).await;
    }

    /// Puts the oldest month away if it is old enough; whether there may be another.
    async fn put_away_a_month(&self) -> anyhow::Result<bool> {
        let db = self.app.db.background();
        if store::rebuilds(db.conn()).await?.iter().any(|it| it.finished_at.is_none()) {
            return Ok(false);
        }
        let start = store::retained(db.conn()).await?;
        if let Some(start) = &start {
            self.forget_lines(start.sequence).await?;
        }
        let Some(oldest) = store::oldest(db.conn()).await? else { return Ok(false) };
        let Some(end) = month_to_put_away(oldest, self.keep, self.app.clock.now()) else { return Ok(false) };
        let written = match self.write(start.clone(), end).await {
            Ok(written) => written,
            // Another replica was quicker, and the rows went while we looked at them.
            Err(_) if store::retained(db.conn()).await? != start => return Ok(true),
            Err(error) => return Err(error),
        };
        let last = written.end.sequence;
        let tx = db.begin().await?;
        store::do_not_wait(&tx).await?;
        store::lock_head(&tx).await?;
        if store::retained(&*tx).await? != start {
            return Ok(true);
        }
        // What is being made anew of the trail needs its rows.
        if store::open_rebuild(&tx).await?.is_some() {
            return Ok(false);
        }
        let there = store::last_before(&tx, end).await?;
        ensure!(there == Some(last), "rows have come to a month that was over");
        store::put_away(&tx, &written.archives, oldest, &written.end).await?;
        tx.commit().await?;
        for Archive { contents: it, .. } in &written.archives {
            let (first, last, object, hash) =
                (it.first_sequence, it.last_sequence, &it.object, &it.file_hash);
            tracing::info!(first, last, object, hash, "rows of the trail were put away");
        }
        metrics::counter!("audit_archives_total").increment(written.archives.len() as u64);
        Ok(true)
    }

    /// Takes what has gone out of the index too: a little at a time, since that takes long and nothing is recorded meanwhile. What
    /// one leaves that is killed, the next turn finds.
    async fn forget_lines(&self, last: i64) -> anyhow::Result<()> {
        let db = self.app.db.background();
        loop {
            let tx = db.begin().await?;
            let forgotten = index(&db).forget_lines(&tx, last).await?;
            tx.commit().await?;
            if forgotten == 0 {
                return Ok(());
            }
        }
    }

    /// Writes the rows that were recorded before `end` to files. What is written was held against the chain, and what is signed
    /// for is followed by what was signed before: no row goes, and no signature is given, where somebody has touched the trail.
    async fn write(&self, start: Option<Checkpoint>, end: Timestamp) -> anyhow::Result<Written> {
        let db = self.app.db.background();
        let head = store::head(db.conn()).await?;
        let mut walk = Walk::new(self.app.public_keys(), start.as_ref(), head, true)?;
        let (mut archives, mut pack) = (Vec::new(), None::<Pack>);
        // The last row of the month so far, and the last kept checkpoint: they may be of the same row.
        let (mut last, mut kept) = (None::<(i64, Hash, Timestamp)>, start);
        'month: loop {
            let steps = walk.next(db.conn()).await?;
            if steps.is_empty() {
                walk.end(db.conn()).await?;
                bail!("the end of the trail was not found");
            }
            for step in steps {
                let is_signed = step.is_head || step.kept.is_some();
                if step.link.recorded_at >= end {
                    // Of a checkpoint behind the month too: what it has confirmed includes the month.
                    if is_signed || signed_at(&kept) == last.map(|it| it.0) {
                        break 'month;
                    }
                    continue;
                }
                let mut open = match pack.take() {
                    Some(open) => open,
                    None => Pack::begin(&self.spool, kept.clone(), &step.link).await?,
                };
                last = Some((step.link.sequence, step.link.hash, step.link.recorded_at));
                open.row(step.link);
                if let Some(checkpoint) = step.kept {
                    open.checkpoint(checkpoint.clone());
                    kept = Some(checkpoint);
                }
                if open.rows() >= self.rows && signed_at(&kept) == last.map(|it| it.0) {
                    archives.push(self.store(open.finish().await?).await?);
                } else {
                    pack = Some(open);
                }
                if step.is_head {
                    break 'month;
                }
            }
            if let Some(open) = pack.take() {
                pack = Some(open.flush().await?);
            }
        }
        let (sequence, hash, recorded_at) = last.context("the month has no rows")?;
        let (end, is_written) = match kept.filter(|it| it.sequence == sequence) {
            Some(kept) => (kept, true),
            None => (self.app.signer.sign(sequence, hash, recorded_at), false),
        };
        if let Some(mut open) = pack {
            if !is_written {
                open.checkpoint(end.clone());
            }
            archives.push(self.store(open.finish().await?).await?);
        }
        Ok(Written { archives, end })
    }

    /// Brings a file into the bucket, and reads it back: what the bucket has is what goes for the rows.
    async fn store(&self, packed: Packed) -> anyhow::Result<Archive> {
        let hash = hex::encode(packed.file.sha256());
        let size = i64::try_from(packed.file.size())?;
        let contents = Contents::of(packed.first, packed.last, hash, size);
        let object = &contents.object;
        self.bucket
            .put(object, &packed.file, CONTENT_TYPE)
            .await
            .with_context(|| format!("writing {object}"))?;
        let bytes = self.bucket.get(object, None).await.with_context(|| format!("reading {object} back"))?;
        pin_mut!(bytes);
        let (mut digest, mut length) = (Sha256::new(), 0);
        while let Some(piece) = bytes.next().await {
            let piece = piece.with_context(|| format!("reading {object} back"))?;
            digest.update(&piece);
            length += piece.len() as i64;
        }
        ensure!(
            length == size && hex::encode(digest.finalize()) == contents.file_hash,
            "{object} is not in the bucket as it was written"
        );
        Ok(self.app.signer.sign_archive(contents, self.app.clock.now()))
    }
}

fn signed_at(checkpoint: &Option<Checkpoint>) -> Option<i64> {
    checkpoint.as_ref().map(|it| it.sequence)
}

#[cfg(test)]
#[path = "retain_tests.rs"]
mod tests;
