//! The bucket in which the bytes lie, and the place on disk where uploads wait.
//!
//! There is one way to the bytes: S3 as everybody speaks it, through rust-s3. The embedded store is an S3 server too.

mod alive;
mod embedded;
mod put;
mod spool;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use s3::creds::Credentials;
use s3::error::S3Error;
use s3::{Bucket, BucketConfiguration, Region};
use shared::process::Lifecycle;
use thiserror::Error;
use tokio::time::Instant;

pub use spool::{Received, Receiving, Spool};

use crate::config::{S3Server, Storage};
use alive::Moment;
use embedded::Embedded;

/// How long a download may wait for the bucket's next bytes.
const NEXT_BYTES: Duration = Duration::from_secs(10);

/// The bucket for the files of tickets.
#[derive(Clone)]
pub struct Blobs {
    bucket: Arc<Bucket>,
    patience: Duration,
    /// When it last answered anybody.
    heard: Moment,
}

/// Why the bucket did not do as asked.
#[derive(Debug, Error)]
pub enum BlobError {
    /// There is no such object.
    #[error("the object is not in the bucket")]
    Missing,
    /// It cannot be reached, does not answer in time, or answers that it cannot now.
    #[error("the bucket is away: {cause}")]
    Away {
        /// For the log; it names no key and no signature.
        cause: String,
        /// Whether the bucket may have done it all the same.
        perhaps_done: bool,
    },
    /// It refuses us: keys, rights, or a setting.
    #[error("the bucket refuses: {0}")]
    Refused(String),
}

impl BlobError {
    /// Whether the bucket may have stored what it was given, although it did not say so.
    pub fn perhaps_done(&self) -> bool {
        matches!(self, BlobError::Away { perhaps_done: true, .. })
    }
}

impl Blobs {
    /// Connects to the configured server, or starts the embedded one, and makes the bucket if it is not there.
    ///
    /// # Errors
    /// When the server refuses. One that is away is no fault: the bucket is made when it comes back.
    pub async fn open(storage: &Storage, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        // Its retries wait whole seconds, and a caller waits two at most. Ours come at once or not at all.
        s3::set_retries(0);
        let (region, keys, path_style, embedded) = match &storage.server {
            S3Server::Embedded { directory } => {
                let store = Embedded::start(directory, &storage.tickets_bucket, lifecycle).await?;
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
        let blobs = Self { bucket: Arc::new(bucket), patience: storage.patience, heard: Moment::now() };
        if embedded {
            // Its bucket is a directory, and made.
            return Ok(blobs);
        }
        match blobs.make_bucket().await {
            Ok(()) => Ok(blobs),
            Err(BlobError::Away { cause, .. }) => {
                tracing::warn!(%cause, "the S3 server is away; uploads and downloads answer 503 until it is back");
                Ok(blobs)
            }
            Err(fault) => Err(fault).with_context(|| {
                format!(
                    "files: the bucket {} at {} cannot be used (S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY)",
                    blobs.bucket.name(),
                    blobs.bucket.host()
                )
            }),
        }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> String {
        self.bucket.name()
    }

    /// Makes the bucket, unless it is there.
    ///
    /// # Errors
    /// When the server is away, or neither lets us make the bucket nor look into it.
    pub async fn make_bucket(&self) -> Result<(), BlobError> {
        let (name, region) = (self.bucket.name(), self.bucket.region());
        let credentials = self.bucket.credentials().await.map_err(fault)?;
        // No word of who may read it: private is what every server makes, and some take no such word.
        let configuration = BucketConfiguration::new(None, false, None, None, None, None, None, None);
        let made = self.in_time(async {
            if self.bucket.is_path_style() {
                Bucket::create_with_path_style(&name, region, credentials, configuration).await.map(drop)
            } else {
                Bucket::create(&name, region, credentials, configuration).await.map(drop)
            }
        });
        match made.await {
            Ok(()) => Ok(()),
            Err(BlobError::Away { cause, perhaps_done }) => Err(BlobError::Away { cause, perhaps_done }),
            // There already (409), or a key without the right to make buckets: what counts is that we can look into it.
            Err(refusal) => self.look().await.map_err(|fault| match fault {
                BlobError::Missing => refusal,
                fault => fault,
            }),
        }
    }

    /// Whether the bucket answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn look(&self) -> Result<(), BlobError> {
        self.in_time(async {
            self.bucket.list_page(String::new(), None, None, None, Some(1)).await.map(drop)
        })
        .await
    }

    /// The bytes of an object, or those from `first` to `last`, both included. An error in the stream breaks off the
    /// answer that it is sent in: half a file never looks like a whole one.
    ///
    /// # Errors
    /// When there is no such object, or the bucket does not begin to answer in time.
    pub async fn get(
        &self,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<impl Stream<Item = Result<Bytes, BlobError>> + use<>, BlobError> {
        let ranged;
        let bucket = match range {
            None => &*self.bucket,
            Some((first, last)) => {
                let value =
                    HeaderValue::try_from(format!("bytes={first}-{last}")).expect("digits make a header");
                ranged =
                    self.bucket.with_extra_headers(HeaderMap::from_iter([(RANGE, value)])).map_err(fault)?;
                &ranged
            }
        };
        let began = Instant::now();
        let ask = || async {
            let answer = self.while_alive(bucket.get_object_stream(key), &Moment::now()).await;
            answer.and_then(|answer| answer.map_err(fault))
        };
        let answer = match ask().await {
            Err(fault) if self.is_worth_another_try(&fault, began) => ask().await?,
            answer => answer?,
        };
        if range.is_some() && answer.status_code != 206 {
            return Err(BlobError::Refused(format!("it answered {} to a range", answer.status_code)));
        }
        Ok(futures_util::stream::unfold(Some(answer.bytes), |bytes| async {
            let mut bytes = bytes?;
            match tokio::time::timeout(NEXT_BYTES, bytes.next()).await {
                Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(bytes))),
                Ok(Some(Err(error))) => Some((Err(fault(error)), None)),
                Ok(None) => None,
                Err(_) => Some((Err(silent(NEXT_BYTES)), None)),
            }
        }))
    }

    /// Removes an object; one that is not there is removed.
    ///
    /// # Errors
    /// When the bucket is away or refuses.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.in_time(self.bucket.delete_object(key)).await {
            Ok(_) | Err(BlobError::Missing) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Whether a call failed in a way and at a time that a second one at once is right: a connection that the server
    /// closed while it lay idle fails at the first byte, and the next connection is fresh.
    fn is_worth_another_try(&self, fault: &BlobError, began: Instant) -> bool {
        fault.perhaps_done() && began.elapsed() < self.patience / 4
    }

    async fn in_time<T>(&self, call: impl Future<Output = Result<T, S3Error>>) -> Result<T, BlobError> {
        match tokio::time::timeout(self.patience, call).await {
            Ok(answer) => answer.map_err(fault),
            Err(_) => Err(silent(self.patience)),
        }
    }
}

fn silent(after: Duration) -> BlobError {
    BlobError::Away { cause: format!("no answer within {after:?}"), perhaps_done: true }
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

fn fault(error: S3Error) -> BlobError {
    match error {
        S3Error::HttpFailWithBody(status, body) => refusal(status, &body),
        S3Error::Reqwest(error) => unreachable(error),
        S3Error::Io(error) => BlobError::Away { cause: error.to_string(), perhaps_done: true },
        error => BlobError::Refused(error.to_string()),
    }
}

/// What a status that is no success means. S3's own word for it stands in the body's `<Code>`.
fn refusal(status: u16, body: &str) -> BlobError {
    let code = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map_or("", |(code, _)| code);
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    match status {
        404 => BlobError::Missing,
        408 | 429 | 500..=599 => {
            BlobError::Away { cause: format!("it answered {status} {code}"), perhaps_done: false }
        }
        _ => BlobError::Refused(format!("it answered {status} {code}")),
    }
}

/// Without the URL: that of an upload holds a signature.
fn unreachable(error: reqwest::Error) -> BlobError {
    let perhaps_done = !error.is_connect();
    let error = anyhow::Error::from(error.without_url());
    BlobError::Away { cause: format!("{error:#}"), perhaps_done }
}
