use bytes::Bytes;
use futures_util::Stream;
use shared::auth::Caller;
use shared::blobs::BlobError;

use super::access::Reading;
use super::{App, Reader, Visible};
use crate::domain::File;
use crate::error::Error;

impl App {
    /// The bytes of a file, or of a part of it (first and last byte, both included), and a line in the log of
    /// accesses, of which is told.
    ///
    /// # Errors
    /// When the bucket is away; once the bytes flow, the stream says so.
    pub async fn bytes(
        &self,
        caller: &Caller,
        _: Visible,
        file: &File,
        part: Option<(u64, u64)>,
        reader: &Reader,
    ) -> Result<impl Stream<Item = Result<Bytes, BlobError>> + use<>, Error> {
        let bytes = self.buckets.named(&file.bucket).get(&file.key, part).await?;
        let reading = match part {
            Some((first, _)) if first > 0 => Reading::Rest,
            _ => Reading::Whole,
        };
        self.note(caller, file, reading, reader).await?;
        Ok(bytes)
    }
}
