use bytes::Bytes;
use futures_util::Stream;
use shared::auth::Caller;

use super::{App, Visible};
use crate::blobs::BlobError;
use crate::domain::File;
use crate::error::Error;
use crate::store::{self, Access};

/// From where a file is read, for the log of accesses.
pub struct Reader {
    /// The address.
    pub ip_address: String,
    /// The program.
    pub user_agent: String,
}

impl App {
    /// The bytes of a file, or of a part of it (first and last byte, both included), and a line in the log of accesses.
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
        let access = Access {
            file: file.id,
            user: caller.user_id,
            action: "download",
            ip_address: reader.ip_address.clone(),
            user_agent: &reader.user_agent,
        };
        let tx = self.db.begin().await?;
        store::note(&tx, access, self.clock.now()).await?;
        tx.commit().await?;
        Ok(bytes)
    }
}
