use anyhow::Context;
use s3::creds::Credentials;
use s3::{Bucket, Region};
use shared::process::Lifecycle;

use super::embedded::Embedded;
use super::{BlobError, Blobs};
use crate::config::{S3Server, Storage};

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
        // Its retries wait whole seconds, and a caller waits two at most. Ours come at once or not at all.
        s3::set_retries(0);
        let names = [storage.tickets_bucket.as_str(), &storage.avatars_bucket];
        let (region, keys, path_style, embedded) = match &storage.server {
            S3Server::Embedded { directory } => {
                let store = Embedded::start(directory, &names, lifecycle).await?;
                let endpoint = format!("http://{}", store.address);
                let region = Region::Custom { region: "us-east-1".to_owned(), endpoint };
                (region, (store.access_key, store.secret_key), true, true)
            }
            S3Server::At { endpoint, region, access_key, secret_key, path_style } => {
                let keys = (access_key.clone(), secret_key.expose().to_owned());
                (region_of(endpoint, region), keys, *path_style, false)
            }
        };
        let credentials = Credentials::new(Some(&keys.0), Some(&keys.1), None, None, None)?;
        let mut bucket = *Bucket::new(&storage.tickets_bucket, region, credentials)?;
        if path_style {
            bucket.set_path_style();
        }
        if embedded {
            // A proxy of the environment is for the world outside, not for a server in this process.
            bucket = bucket.set_proxy(reqwest::Proxy::custom(|_| None::<reqwest::Url>))?;
        }
        // A download lasts as long as its client takes; what may take how long is decided here.
        bucket.set_request_timeout(None);
        let mut public = bucket.clone();
        if let Some(endpoint) = &storage.public_endpoint {
            public.region = region_of(endpoint, &public.region().to_string());
        }
        let tickets = Blobs::of(bucket, public, storage.patience);
        let avatars = tickets.beside(&storage.avatars_bucket);
        let buckets = Self { tickets, avatars };
        // The buckets of the embedded store are directories, and made.
        if !embedded {
            let (tickets, avatars) = tokio::join!(made(&buckets.tickets), made(&buckets.avatars));
            tickets.and(avatars)?;
        }
        Ok(buckets)
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

/// Makes a bucket, unless it is there or the server is away.
async fn made(blobs: &Blobs) -> anyhow::Result<()> {
    match blobs.make_bucket().await {
        Ok(()) => Ok(()),
        Err(BlobError::Away { cause, .. }) => {
            tracing::warn!(%cause, "the S3 server is away; uploads and downloads answer 503 until it is back");
            Ok(())
        }
        Err(fault) => Err(fault).with_context(|| {
            format!(
                "files: the bucket {} at {} cannot be used (S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY)",
                blobs.name(),
                blobs.bucket.host()
            )
        }),
    }
}

/// Amazon's own regions are known by name, and `us-east-1` must not be named when a bucket is made there.
fn region_of(endpoint: &str, region: &str) -> Region {
    match region.parse() {
        Ok(Region::Custom { .. }) | Err(_) => {}
        Ok(known) if endpoint.trim_end_matches('/').ends_with(".amazonaws.com") => return known,
        Ok(_) => {}
    }
    Region::Custom { region: region.to_owned(), endpoint: endpoint.to_owned() }
}
