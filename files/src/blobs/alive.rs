use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::{BlobError, Blobs, fault, silent};

/// The longest that one call may take, however steadily it goes.
const WHOLE: Duration = Duration::from_secs(60);
/// The longest that a bucket which answers others may leave one call without a sign.
const STALLED: Duration = Duration::from_secs(15);
/// No object has this key; asking for it shows whether anybody answers.
const NOBODY: &str = "nobody";

/// When the bucket last took something.
#[derive(Clone)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Progress {
    pub(super) fn mark(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs {
    /// Waits for a call for as long as it gets on. When it does not, the bucket is asked something small: one under load
    /// answers that, and is waited for; one that is gone, or stopped in its tracks, answers nothing, and is given up
    /// within our patience.
    pub(super) async fn while_alive<T>(
        &self,
        call: impl Future<Output = T>,
        progress: &Progress,
    ) -> Result<T, BlobError> {
        let half = self.patience / 2;
        let mut call = pin!(call);
        let mut heard = Instant::now();
        let end = heard + WHOLE;
        loop {
            let quiet_since = progress.last().max(heard);
            if let Ok(answer) = timeout_at((quiet_since + half).min(end), &mut call).await {
                return Ok(answer);
            }
            let now = Instant::now();
            if now >= end || progress.last() + STALLED <= now {
                return Err(silent(now - progress.last()));
            }
            if progress.last() + half > now {
                continue;
            }
            tokio::select! {
                biased;
                answer = &mut call => return Ok(answer),
                alive = timeout(half, self.answers()) => match alive {
                    Ok(true) => heard = Instant::now(),
                    _ => return Err(silent(self.patience)),
                },
            }
        }
    }

    async fn answers(&self) -> bool {
        let asked = self.bucket.head_object(NOBODY).await;
        !matches!(asked.map_err(fault), Err(BlobError::Away { .. }))
    }
}
