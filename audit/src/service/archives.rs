use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use sha2::{Digest, Sha256};
use shared::blobs::BlobError;

use super::App;
use crate::{
    Error,
    domain::{Archive, Contents},
    store,
};

impl App {
    /// The archives whose last row is behind a number, in their order, at most `limit`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn archives(&self, after: i64, limit: u64) -> Result<Vec<Archive>, Error> {
        Ok(store::archives(self.db.conn(), after, limit).await?)
    }

    /// The archive that ends with a row, and its bytes. A file that is not the one that was put away is broken off before its
    /// end.
    ///
    /// # Errors
    /// When there is no such archive, or the bucket is away or not opened.
    pub async fn archive(
        &self,
        last: i64,
    ) -> Result<(Contents, impl Stream<Item = Result<Bytes, Error>> + use<>), Error> {
        let archive = store::archive_at(self.db.conn(), last).await?.ok_or(Error::NotFound)?;
        let bucket = self.archives.as_ref().ok_or(Error::NoArchives)?;
        let bytes = bucket.get(&archive.contents.object, None).await?;
        let mut bytes = Box::pin(checked(bytes, archive.contents.clone()).peekable());
        // What can fail at once fails before the answer has begun.
        match bytes.as_mut().next_if(Result::is_err).await {
            Some(Err(fault)) => Err(fault),
            _ => Ok((archive.contents, bytes)),
        }
    }
}

/// The bytes, the last of which come only when all of them were right.
fn checked(
    bytes: impl Stream<Item = Result<Bytes, BlobError>>,
    contents: Contents,
) -> impl Stream<Item = Result<Bytes, Error>> {
    let begin = Some((Box::pin(bytes), Sha256::new(), 0, None::<Bytes>));
    stream::unfold((begin, contents), |(state, contents)| async move {
        let (mut bytes, mut digest, mut length, mut held) = state?;
        loop {
            match bytes.next().await {
                Some(Ok(piece)) if length + piece.len() as i64 > contents.file_size => {
                    return Some((Err(Error::NotTheArchive), (None, contents)));
                }
                Some(Ok(piece)) => {
                    digest.update(&piece);
                    length += piece.len() as i64;
                    if let Some(before) = held.replace(piece) {
                        return Some((Ok(before), (Some((bytes, digest, length, held)), contents)));
                    }
                }
                Some(Err(fault)) => return Some((Err(fault.into()), (None, contents))),
                None if hex::encode(digest.finalize()) != contents.file_hash => {
                    return Some((Err(Error::NotTheArchive), (None, contents)));
                }
                None => return held.map(|last| (Ok(last), (None, contents))),
            }
        }
    })
}
