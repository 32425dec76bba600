//! Buckets in which bytes lie, and the place on disk where they wait on their way there.
//!
//! There is one way to the bytes: S3 as everybody speaks it, through rust-s3. The embedded store is an S3 server too.

mod alive;
mod embedded;
mod open;
mod put;
mod settings;
mod spool;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use s3::error::S3Error;
use s3::{Bucket, BucketConfiguration};
use thiserror::Error;
use tokio::time::Instant;

pub use settings::{S3Server, Storage, bucket_name};
pub use spool::{Received, Receiving, Spool};

use alive::Moment;

use crate::workers::PerWorker;

/// How long a download may wait for the bucket's next bytes.
const NEXT_BYTES: Duration = Duration::from_secs(10);

/// A bucket.
#[derive(Clone)]
pub struct Blobs {
    bucket: Arc<PerWorker<Bucket>>,
    /// The same one, where clients find it.
    public: Arc<Bucket>,
    patience: Duration,
    /// When its server last answered anybody.
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
    fn of(bucket: PerWorker<Bucket>, public: Bucket, patience: Duration) -> Self {
        Self { bucket: Arc::new(bucket), public: Arc::new(public), patience, heard: Moment::now() }
    }

    /// Another bucket of the same server. What the server lets be heard there counts here too.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        let named = |bucket: &Bucket| {
            let mut bucket = bucket.clone();
            name.clone_into(&mut bucket.name);
            bucket
        };
        Self {
            bucket: Arc::new(self.bucket.map(named)),
            public: Arc::new(named(&self.public)),
            ..self.clone()
        }
    }

    fn bucket(&self) -> &Bucket {
        self.bucket.mine()
    }

    /// The bucket's name.
    pub fn name(&self) -> String {
        self.bucket().name()
    }

    /// Makes the bucket, unless it is there.
    ///
    /// # Errors
    /// When the server is away, or neither lets us make the bucket nor look into it.
    pub async fn make_bucket(&self) -> Result<(), BlobError> {
        let (name, region) = (self.bucket().name(), self.bucket().region());
        let credentials = self.bucket().credentials().await.map_err(fault)?;
        // No word of who may read it: private is what every server makes, and some take no such word.
        let configuration = BucketConfiguration::new(None, false, None, None, None, None, None, None);
        let made = self.in_time(async {
            if self.bucket().is_path_style() {
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
            self.bucket().list_page(String::new(), None, None, None, Some(1)).await.map(drop)
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
            None => self.bucket(),
            Some((first, last)) => {
                let value =
                    HeaderValue::try_from(format!("bytes={first}-{last}")).expect("digits make a header");
                ranged = self
                    .bucket()
                    .with_extra_headers(HeaderMap::from_iter([(RANGE, value)]))
                    .map_err(fault)?;
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

    /// A link with which anybody may read an object for so long; the bucket answers it with this disposition and type. It is
    /// made here, from our key: the server is not asked.
    ///
    /// # Errors
    /// When no link can be made.
    pub async fn link(
        &self,
        key: &str,
        good_for: Duration,
        disposition: &str,
        mime_type: &str,
    ) -> Result<String, BlobError> {
        let wishes = [("response-content-disposition", disposition), ("response-content-type", mime_type)];
        let wishes = wishes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let seconds = u32::try_from(good_for.as_secs()).unwrap_or(u32::MAX);
        self.public.presign_get(key, seconds, Some(wishes)).await.map_err(fault)
    }

    /// Removes an object; one that is not there is removed.
    ///
    /// # Errors
    /// When the bucket is away or refuses.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.in_time(self.bucket().delete_object(key)).await {
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
