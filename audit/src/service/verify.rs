use sea_orm::ConnectionTrait;

use super::App;
use crate::{
    Error,
    domain::{Checkpoint, PublicKey, Tampering, Verifier},
    store,
};

/// How many rows are looked at a time.
const BATCH: u64 = 2_000;

/// What a look at the whole trail has shown.
#[derive(Debug)]
pub struct Verdict {
    /// The first thing that is wrong, if anything is.
    pub fault: Option<Tampering>,
    /// The row behind which the look began: 0, or that of a checkpoint.
    pub after: i64,
    /// The end of the trail that it was held against.
    pub head: Checkpoint,
}

impl App {
    /// What the trail's checkpoints are verified with, today's key first.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.signer.trusted()
    }

    /// Goes along the trail and holds it against every checkpoint and its end. It begins behind the checkpoint at row `after`;
    /// with 0, with the first row that is there.
    ///
    /// # Errors
    /// When the database is away, or there is no checkpoint at that row.
    pub async fn verify(&self, after: i64) -> Result<Verdict, Error> {
        // One state of the database: what is behind its end was put there by somebody else.
        let conn = self.db.read().await?;
        let head = store::head(&conn).await?;
        let start = self.start(&conn, after).await?;
        let is_whole = after == 0;
        let after = start.as_ref().map_or(0, |it| it.sequence);
        let keys = self.public_keys();
        let verifier = match &start {
            None => Ok(Verifier::from_the_beginning(keys)),
            Some(start) => Verifier::from_checkpoint(keys, start),
        };
        let fault = match verifier {
            // Of the whole, what stands before the first row was put there by somebody else.
            Ok(verifier) => {
                walk(&conn, verifier, if is_whole { i64::MIN } else { after }, &head).await?.err()
            }
            Err(fault) => Some(fault),
        };
        Ok(Verdict { fault, after, head })
    }

    /// The kept checkpoints behind a row, in their order, at most `limit`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn checkpoints(&self, after: i64, limit: u64) -> Result<Vec<Checkpoint>, Error> {
        Ok(store::checkpoints(self.db.conn(), after, limit).await?)
    }

    /// The checkpoint behind which the trail is read; none where it is read from its very beginning.
    pub(super) async fn start(
        &self,
        conn: &impl ConnectionTrait,
        after: i64,
    ) -> Result<Option<Checkpoint>, Error> {
        if after > 0 {
            return Ok(Some(store::checkpoint_at(conn, after).await?.ok_or(Error::NoCheckpoint(after))?));
        }
        Ok(store::retained(conn).await?)
    }
}

async fn walk(
    conn: &impl ConnectionTrait,
    mut verifier: Verifier,
    mut after: i64,
    head: &Checkpoint,
) -> Result<Result<(), Tampering>, Error> {
    loop {
        // Of one row there is one checkpoint at the most.
        let mut checkpoints = store::checkpoints(conn, verifier.last(), BATCH).await?.into_iter().peekable();
        let mut rows = store::links(conn, after, BATCH).await?;
        let is_end = (rows.len() as u64) < BATCH;
        if !is_end {
            // Its twin, if somebody gave it one, is to be in the same batch.
            rows.pop();
        }
        for (link, facts) in rows {
            let checked = verifier.row_found_by(&link, &facts);
            let signed =
                checked.and_then(|()| match checkpoints.next_if(|it| it.sequence <= verifier.last()) {
                    Some(checkpoint) => verifier.checkpoint(&checkpoint),
                    None => Ok(()),
                });
            if signed.is_err() {
                return Ok(signed);
            }
        }
        after = verifier.last();
        if is_end {
            // A checkpoint behind the last row says that there were more.
            let missed = checkpoints.next().map_or(Ok(()), |it| verifier.checkpoint(&it));
            return Ok(missed.and_then(|()| verifier.checkpoint(head)));
        }
    }
}
