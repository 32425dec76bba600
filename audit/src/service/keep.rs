use std::time::Duration;

use shared::process::Lifecycle;

use super::App;
use crate::{domain::Draft, store};

/// Rows of former times that are moved in one transaction.
const MOVED: i64 = 500;

impl App {
    /// Founds the trail where there is none, and moves into it what was recorded before there was one.
    ///
    /// # Errors
    /// When the database is away, or the trail was signed with another key.
    pub async fn found(&self) -> anyhow::Result<()> {
        let now = self.clock.now();
        let empty = self.signer.sign(0, crate::domain::Hash::BEGINNING, now);
        let tx = self.db.begin().await?;
        store::found(&tx, &empty).await?;
        let head = store::lock_head(&tx).await?;
        let signed_by = self.public_keys().iter().position(|key| key.verifies(&head));
        anyhow::ensure!(
            signed_by.is_some(),
            "audit: AUDIT_SECRET is not the one that the trail was signed with (key {}), and AUDIT_FORMER_KEYS does not \
             have that key; set one or the other, or the trail can neither be verified nor go on",
            head.key_id
        );
        if signed_by != Some(0) {
            // What the former key has signed stays, as the last checkpoint of its time.
            store::keep_checkpoint(&tx).await?;
            store::move_head(&tx, &self.signer.sign(head.sequence, head.hash, head.recorded_at)).await?;
            tracing::info!(
                sequence = head.sequence,
                former = head.key_id,
                "another key signs the trail from here on"
            );
        }
        // A release that knows nothing of standings may have been counting meanwhile.
        if store::standings::forget_wrong(&tx).await? {
            tracing::info!("who caused how much is added up anew: more was counted than that knows of");
        }
        tx.commit().await?;
        while self.move_former().await? > 0 {}
        Ok(())
    }

    async fn move_former(&self) -> anyhow::Result<usize> {
        let tx = self.db.begin().await?;
        // Whoever holds the head moves; another replica waits and finds nothing left.
        store::lock_head(&tx).await?;
        let former = store::former_events(&tx, MOVED).await?;
        for (event, recorded_at) in &former {
            self.recorder().record(&tx, &[&Draft::of(event)?], *recorded_at).await?;
        }
        store::forget_former(&tx, MOVED).await?;
        tx.commit().await?;
        Ok(former.len())
    }

    /// Keeps the signed end of the trail, so often, wherever it has grown; and says it to the log, which is another place than
    /// the database.
    pub fn keep_checkpoints(&self, every: Duration, lifecycle: &Lifecycle) {
        let (app, stop) = (self.clone(), lifecycle.halting());
        lifecycle.spawn("audit checkpoints", async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(every) => {}
                }
                if let Err(error) = app.keep_checkpoint().await {
                    tracing::warn!(%error, "the end of the trail could not be kept; it is tried again");
                }
            }
        });
    }

    /// Keeps the signed end of the trail as it is now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn keep_checkpoint(&self) -> Result<(), sea_orm::DbErr> {
        let db = self.db.background();
        let tx = db.begin().await?;
        let kept = store::keep_checkpoint(&tx).await?;
        let head = store::head(&*tx).await?;
        tx.commit().await?;
        if kept {
            tracing::info!(sequence = head.sequence, hash = %head.hash, key_id = head.key_id,
                signature = head.signature, "checkpoint of the audit trail");
        }
        Ok(())
    }
}
