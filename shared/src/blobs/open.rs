use anyhow::Context;
use futures_util::future::try_join_all;
use s3::creds::Credentials;
use s3::error::S3Error;
use s3::{Bucket, Region};

use super::embedded::Embedded;
use super::{BlobError, Blobs, S3Server, Storage};
use crate::process::Lifecycle;
use crate::workers::PerWorker;

impl Blobs {
    /// Connects a service to the configured server, or starts the embedded one, and makes the buckets of these names that are
    /// not there.
    ///
    /// # Errors
    /// When the server refuses. One that is away is no fault: the buckets are made when it comes back.
    pub async fn open<const N: usize>(
        service: &'static str,
        storage: &Storage,
        names: [&str; N],
        lifecycle: &Lifecycle,
    ) -> anyhow::Result<[Self; N]> {
        // Its retries wait whole seconds, and a caller waits two at most. Ours come at once or not at all.
        s3::set_retries(0);
        let (region, keys, path_style, embedded) = match &storage.server {
            S3Server::Embedded { directory } => {
                let store = Embedded::start(directory, &names, lifecycle).await.context(service)?;
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
        // Each keeps connections of its own.
        let connect = || -> Result<Bucket, S3Error> {
            let name = names.first().unwrap_or(&"");
            let mut bucket = *Bucket::new(name, region.clone(), credentials.clone())?;
            if path_style {
                bucket.set_path_style();
            }
            if embedded {
                // A proxy of the environment is for the world outside, not for a server in this process.
                bucket = bucket.set_proxy(reqwest::Proxy::custom(|_| None::<reqwest::Url>))?;
            }
            // A download lasts as long as its client takes; what may take how long is decided here.
            bucket.set_request_timeout(None);
            Ok(bucket)
        };
        let workers = (0..storage.workers.max(1)).map(|_| connect()).collect::<Result<_, _>>()?;
        let bucket = PerWorker::of(workers, connect()?);
        let mut public = bucket.mine().clone();
        if let Some(endpoint) = &storage.public_endpoint {
            public.region = region_of(endpoint, &public.region().to_string());
        }
        let server = Self::of(bucket, public, storage.patience);
        let buckets = names.map(|name| server.beside(name));
        // The buckets of the embedded store are directories, and made.
        if !embedded {
            try_join_all(buckets.iter().map(|bucket| bucket.made(service))).await?;
        }
        Ok(buckets)
    }

    /// Makes the bucket, unless it is there or the server is away.
    async fn made(&self, service: &'static str) -> anyhow::Result<()> {
        match self.make_bucket().await {
            Ok(()) => Ok(()),
            Err(BlobError::Away { cause, .. }) => {
                tracing::warn!(%cause, bucket = self.name(), "the S3 server is away; what needs it waits, or answers 503, until it is back");
                Ok(())
            }
            Err(fault) => Err(fault).with_context(|| {
                format!(
                    "{service}: the bucket {} at {} cannot be used (S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY)",
                    self.name(),
                    self.bucket().host()
                )
            }),
        }
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
