//! What the domain makes of bytes that wait on disk: read on a thread of its own.

use std::io::{self, ErrorKind};

use shared::blobs::{Received, Spool};

use crate::domain::{self, Finding, Kind, Pixels};

/// Whether the bytes are a file of this kind.
///
/// # Errors
/// When they cannot be read back.
pub async fn look(received: &Received, kind: Kind) -> io::Result<Finding> {
    let mut file = received.file()?;
    blocking(move || domain::look(kind, &mut file)).await
}

/// How large the picture is, when the bytes are a picture of this kind.
///
/// # Errors
/// When they cannot be read back.
pub async fn pixels(received: &Received, kind: Kind) -> io::Result<Option<Pixels>> {
    let mut file = received.file()?;
    blocking(move || domain::pixels(kind, &mut file)).await
}

/// A picture without what is not its looks (see [`domain::strip`]). `None` when it is no picture of this kind.
///
/// # Errors
/// When the disk is full or away.
pub async fn strip(spool: &Spool, picture: &Received, kind: Kind) -> io::Result<Option<Received>> {
    let mut original = picture.file()?;
    match spool.written(move |mut to| domain::strip(kind, &mut original, &mut to)).await {
        Ok(bare) => Ok(Some(bare)),
        Err(fault) if matches!(fault.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_lies_on_disk_is_looked_at_as_often_as_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path()).unwrap();
        let mut receiving = spool.begin().await.unwrap();
        receiving.write(b"hello world").await.unwrap();
        let received = receiving.finish().await.unwrap();
        assert_eq!(look(&received, Kind::Text).await.unwrap(), Finding::Document);
        assert_eq!(look(&received, Kind::Png).await.unwrap(), Finding::Other);
        assert!(strip(&spool, &received, Kind::Png).await.unwrap().is_none());
    }
}
