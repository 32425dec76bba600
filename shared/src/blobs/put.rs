use std::io;

use futures_util::StreamExt;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

use super::alive::Moment;
use super::{BlobError, Blobs, Received, fault, refusal, unreachable};

/// What is read from disk at once on its way to the bucket.
const CHUNK: usize = 64 * 1024;
/// How long a signature for one upload holds, in seconds.
const SIGNED_FOR: u32 = 300;

impl Blobs {
    /// Stores an upload under a key.
    ///
    /// rust-s3 sends an object from memory, a copy for the request included. An upload lies on disk, and its length is
    /// known: so rust-s3 signs the request and lends its client, and the body flows from the disk, a buffer at a time.
    ///
    /// The bucket is given up as soon as it neither takes anything nor answers anybody; one that is merely slow is waited
    /// for.
    ///
    /// # Errors
    /// When the bucket is away, stalls or refuses. [`BlobError::perhaps_done`] says whether the object may be there.
    pub async fn put(&self, key: &str, upload: &Received, content_type: &str) -> Result<(), BlobError> {
        let began = Instant::now();
        match self.try_put(key, upload, content_type).await {
            Err(fault) if self.is_worth_another_try(&fault, began) => {
                self.try_put(key, upload, content_type).await
            }
            // The bucket vanished, or was never made because the server was away.
            Err(BlobError::Missing) => {
                self.make_bucket().await?;
                self.try_put(key, upload, content_type).await
            }
            answer => answer,
        }
    }

    async fn try_put(&self, key: &str, upload: &Received, content_type: &str) -> Result<(), BlobError> {
        let url = self.bucket().presign_put(key, SIGNED_FOR, None, None).await.map_err(fault)?;
        let unread =
            |error: io::Error| BlobError::Away { cause: format!("the spool: {error}"), perhaps_done: false };
        let reader = upload.reader().await.map_err(unread)?;
        let progress = Moment::now();
        let seen = progress.clone();
        let body = ReaderStream::with_capacity(reader, CHUNK).inspect(move |_| seen.renew());
        let call = self
            .bucket()
            .http_client()
            .put(url)
            .header(CONTENT_LENGTH, upload.size())
            .header(CONTENT_TYPE, content_type)
            .body(reqwest::Body::wrap_stream(body))
            .send();
        let answer = self.while_alive(call, &progress).await?.map_err(unreachable)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => {
                let body = tokio::time::timeout(self.patience, answer.text()).await;
                Err(refusal(status.as_u16(), &body.ok().and_then(Result::ok).unwrap_or_default()))
            }
        }
    }
}
