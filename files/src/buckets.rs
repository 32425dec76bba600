use shared::blobs::{BlobError, Blobs};
use shared::process::Lifecycle;

use crate::config::Storage;

/// The buckets of the S3 server: one for the files of tickets, one for the pictures of people.
#[derive(Clone)]
pub struct Buckets {
    /// Where the files of tickets lie.
    pub tickets: Blobs,
    /// Where the pictures of people lie.
    pub avatars: Blobs,
}

impl Buckets {
    /// Connects to the configured server, or starts the embedded one, and makes the buckets that are not there.
    ///
    /// # Errors
    /// When the server refuses. One that is away is no fault: the buckets are made when it comes back.
    pub async fn open(storage: &Storage, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let names = [storage.tickets_bucket.as_str(), &storage.avatars_bucket];
        let [tickets, avatars] = Blobs::open("files", &storage.s3, names, lifecycle).await?;
        Ok(Self { tickets, avatars })
    }

    /// The bucket that a row names: ours, or one that had this part under an earlier configuration.
    pub fn named(&self, name: &str) -> Blobs {
        match [&self.tickets, &self.avatars].into_iter().find(|bucket| bucket.name() == name) {
            Some(bucket) => bucket.clone(),
            None => self.tickets.beside(name),
        }
    }

    /// Whether the buckets answer.
    ///
    /// # Errors
    /// When one does not.
    pub async fn look(&self) -> Result<(), BlobError> {
        tokio::try_join!(self.tickets.look(), self.avatars.look()).map(drop)
    }
}
