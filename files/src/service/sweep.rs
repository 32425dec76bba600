use sea_orm::DbErr;
use shared::clock::Clock;
use shared::db::Db;
use tokio_util::sync::CancellationToken;

use crate::buckets::Buckets;
use crate::config::Uploads;
use crate::store::{self, Stale};

/// How many are cleared away in one turn.
const BATCH: u64 = 100;

/// Purges the files that were deleted long ago, and clears away the objects that have no row: those of purged files, uploads
/// that were begun and never ended, since the process was killed or the bucket did not say whether it had stored the object,
/// and pictures that were replaced or taken down. Runs for as long as the process; any number of replicas may.
///
/// # Errors
/// None: a database or a bucket that is away is tried again at the next turn.
pub async fn sweep(
    db: Db,
    buckets: Buckets,
    clock: Clock,
    uploads: Uploads,
    halting: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        if let Err(error) = turn(&db, &buckets, &clock, &uploads).await {
            tracing::warn!(%error, "abandoned uploads could not be looked for");
        }
        tokio::select! {
            () = halting.cancelled() => return Ok(()),
            () = tokio::time::sleep(uploads.sweep_interval) => {}
        }
    }
}

async fn turn(db: &Db, buckets: &Buckets, clock: &Clock, uploads: &Uploads) -> Result<(), DbErr> {
    let now = clock.now();
    for file in store::to_purge(db, now - uploads.purge_deleted_after, BATCH).await? {
        let (id, tx) = (file.id, db.begin().await?);
        if store::purge(&tx, file, now).await? {
            tx.commit().await?;
            tracing::info!(file = %id, "a file that was deleted long ago was purged");
        }
    }
    let before = now - uploads.abandoned_after;
    let (stale, count) = store::stale(db, before, BATCH).await?;
    metrics::gauge!("files_abandoned_uploads").set(count as f64);
    for upload in stale {
        remove(db, buckets, &upload).await?;
    }
    Ok(())
}

/// First the reservation is taken back, so that a storer who is late finds it gone; then the object goes, and the row
/// last: whenever this stops, the next turn finds what is left to do.
async fn remove(db: &Db, buckets: &Buckets, upload: &Stale) -> Result<(), DbErr> {
    if upload.pending {
        let tx = db.begin().await?;
        if !store::abandon(&tx, upload.id).await? {
            return Ok(());
        }
        tx.commit().await?;
    }
    if let Err(error) = buckets.named(&upload.bucket).delete(&upload.key).await {
        tracing::warn!(file = %upload.id, %error, "an abandoned upload waits for the bucket");
        return Ok(());
    }
    let tx = db.begin().await?;
    store::forget(&tx, upload.id).await?;
    tx.commit().await?;
    tracing::info!(file = %upload.id, "an abandoned upload was cleared away");
    Ok(())
}
