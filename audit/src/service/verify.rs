use sea_orm::ConnectionTrait;

use super::{
    App,
    walk::{Stop, Walk},
};
use crate::{
    Error,
    domain::{Checkpoint, PublicKey, Tampering, check_archives},
    store,
};

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
        store::keep_still(&conn).await?;
        let head = store::head(&conn).await?;
        let start = self.start(&conn, after).await?;
        let is_whole = after == 0;
        let after = start.as_ref().map_or(0, |it| it.sequence);
        let archived = match is_whole {
            true => check_archives(&store::archives(&conn, 0, u64::MAX).await?, &self.public_keys()),
            false => Ok(()),
        };
        // Of the whole, what stands before the first row was put there by somebody else.
        let walk =
            archived.and_then(|()| Walk::new(self.public_keys(), start.as_ref(), head.clone(), is_whole));
        match whole(walk, &conn).await {
            Ok(()) => Ok(Verdict { fault: None, after, head }),
            Err(Stop::Tampered(fault)) => Ok(Verdict { fault: Some(fault), after, head }),
            Err(Stop::Database(fault)) => Err(fault.into()),
        }
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

/// Goes along all of it.
async fn whole(walk: Result<Walk, Tampering>, conn: &impl ConnectionTrait) -> Result<(), Stop> {
    let mut walk = walk?;
    while !walk.next(conn).await?.is_empty() {}
    walk.end(conn).await
}
