use std::time::Duration;

use shared::blobs::{Received, Receiving};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::{App, Visible};
use crate::domain::FileError;
use crate::error::Error;
use crate::store;

/// How long an upload waits for a place before it is told to come again.
const WAIT_FOR_SLOT: Duration = Duration::from_millis(500);

/// A file on its way in. It holds one of the places for uploads, and a little memory whatever its size.
pub struct Intake {
    receiving: Receiving,
    limit: u64,
    slot: OwnedSemaphorePermit,
}

/// A file that has come in whole; its place is held until it is stored or refused.
pub struct Parcel {
    pub(super) received: Received,
    _slot: OwnedSemaphorePermit,
}

impl Parcel {
    /// SHA-256 of the bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.received.sha256()
    }
}

impl Intake {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] with the first byte over the limit.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.receiving.size() + bytes.len() as u64 > self.limit {
            return Err(FileError::TooLarge { limit: self.limit }.into());
        }
        Ok(self.receiving.write(bytes).await?)
    }

    /// There are no more.
    ///
    /// # Errors
    /// [`FileError::Empty`] when there were none.
    pub async fn finish(self) -> Result<Parcel, Error> {
        if self.receiving.size() == 0 {
            return Err(FileError::Empty.into());
        }
        Ok(Parcel { received: self.receiving.finish().await?, _slot: self.slot })
    }
}

/// How fast a client must be: a while at its leisure, then a pace on average. One that sends a byte a second keeps its
/// place for the while and no longer.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    started: Instant,
    grace: Duration,
    per_second: u64,
}

impl Pace {
    /// When the next bytes must be here, after so many.
    pub fn deadline(&self, received: u64) -> Instant {
        self.started + self.grace + Duration::from_secs_f64(received as f64 / self.per_second as f64)
    }
}

impl App {
    /// The pace for a body that begins now.
    pub fn pace(&self) -> Pace {
        Pace { started: Instant::now(), grace: self.uploads.grace, per_second: self.uploads.min_pace }
    }

    /// The most bytes that one file may have.
    pub fn file_limit(&self) -> u64 {
        self.limits.file_size
    }

    /// The most bytes that a picture of somebody may have.
    pub fn avatar_limit(&self) -> u64 {
        self.limits.avatar_size
    }

    /// Gives a file of at most `limit` bytes a place to come in.
    ///
    /// # Errors
    /// [`Error::Busy`] when all are taken.
    pub async fn intake(&self, limit: u64) -> Result<Intake, Error> {
        let slot = tokio::time::timeout(WAIT_FOR_SLOT, self.slots.clone().acquire_owned()).await;
        let slot = slot.map_err(|_| Error::Busy)?.expect("the places are never closed");
        Ok(Intake { receiving: self.spool.begin().await?, limit, slot })
    }

    /// Whether a ticket has room for any file at all: asked before its bytes are read, and decided anew when its size
    /// is known.
    ///
    /// # Errors
    /// The limit that is reached.
    pub async fn has_room(&self, ticket: Visible) -> Result<(), Error> {
        let usage = store::usage(&self.db, self.db.conn(), ticket.ticket()).await?;
        Ok(self.limits.admit(usage, 1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_has_its_grace_and_then_a_pace() {
        let pace = Pace { started: Instant::now(), grace: Duration::from_secs(20), per_second: 1000 };
        let after = |received| pace.deadline(received) - pace.started;
        assert_eq!(after(0), Duration::from_secs(20));
        assert_eq!(after(20), Duration::from_millis(20_020), "a byte a second does not get far");
        assert_eq!(after(60_000), Duration::from_secs(80));
    }
}
