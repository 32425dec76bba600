use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    domain::{Checkpoint, Link, PublicKey, Tampering, Verifier},
    store,
};

/// How many rows are looked at a time.
const BATCH: u64 = 2_000;

/// Why a walk did not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// The trail is not as it was written.
    #[error(transparent)]
    Tampered(#[from] Tampering),
    /// The database did not do its part.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// A row that is as it was written.
pub(super) struct Step {
    /// The row.
    pub link: Link,
    /// The checkpoint that is kept of it.
    pub kept: Option<Checkpoint>,
    /// Whether the trail's signed end is here.
    pub is_head: bool,
}

/// Goes along the table and holds each row against the chain, the kept checkpoints and the signed end.
pub(super) struct Walk {
    verifier: Verifier,
    head: Checkpoint,
    after: i64,
    is_over: bool,
}

impl Walk {
    /// From behind a checkpoint, or from the very beginning; `head` is the end. Of the whole (`is_whole`) no row may stand
    /// before its first.
    pub(super) fn new(
        keys: Vec<PublicKey>,
        start: Option<&Checkpoint>,
        head: Checkpoint,
        is_whole: bool,
    ) -> Result<Self, Tampering> {
        let verifier = match start {
            None => Verifier::from_the_beginning(keys),
            Some(start) => Verifier::from_checkpoint(keys, start)?,
        };
        let after = if is_whole { i64::MIN } else { verifier.last() };
        Ok(Self { verifier, head, after, is_over: false })
    }

    /// The next rows; none behind the last.
    pub(super) async fn next(&mut self, conn: &impl ConnectionTrait) -> Result<Vec<Step>, Stop> {
        if self.is_over {
            return Ok(Vec::new());
        }
        // Of one row there is one checkpoint at the most.
        let checkpoints = store::checkpoints(conn, self.verifier.last(), BATCH).await?;
        let mut checkpoints = checkpoints.into_iter().peekable();
        let mut rows = store::links(conn, self.after, BATCH).await?;
        self.is_over = (rows.len() as u64) < BATCH;
        if !self.is_over {
            // Its twin, if somebody gave it one, is to be in the same batch.
            rows.pop();
        }
        let mut steps = Vec::with_capacity(rows.len());
        for (link, facts) in rows {
            self.verifier.row_found_by(&link, &facts)?;
            let kept = checkpoints.next_if(|it| it.sequence <= self.verifier.last());
            let head = (link.sequence == self.head.sequence).then_some(&self.head);
            for signed in kept.iter().chain(head) {
                self.verifier.checkpoint(signed)?;
            }
            steps.push(Step { link, is_head: head.is_some(), kept });
        }
        self.after = self.verifier.last();
        Ok(steps)
    }

    /// Behind the last row: nothing was cut off, and nothing put there by somebody else.
    pub(super) async fn end(mut self, conn: &impl ConnectionTrait) -> Result<(), Stop> {
        // A checkpoint behind the last row says that there were more.
        if let Some(missed) = store::checkpoints(conn, self.verifier.last(), 1).await?.first() {
            self.verifier.checkpoint(missed)?;
        }
        Ok(self.verifier.checkpoint(&self.head)?)
    }
}
