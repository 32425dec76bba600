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

/// A moment that several look at and move.
#[derive(Clone)]
pub(super) struct Moment(Arc<Mutex<Instant>>);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn get(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs {
    /// Waits for a call for as long as it gets on (`progress`), or the bucket answers anybody. When there is neither for a
    /// while, it is asked something small: a bucket under load answers that, and is waited for; one that is gone, or
    /// stopped in its tracks, does not, and is given up within our patience.
    pub(super) async fn while_alive<T>(
        &self,
        call: impl Future<Output = T>,
        progress: &Moment,
    ) -> Result<T, BlobError> {
        let mut call = pin!(call);
        let began = Instant::now();
        let end = began + WHOLE;
        let quiet = self.patience / 4;
        loop {
            let sign = progress.get().max(self.heard.get()).max(began);
            if let Ok(answer) = timeout_at((sign + quiet).min(end), &mut call).await {
                self.heard.renew();
                return Ok(answer);
            }
            let now = Instant::now();
            if now >= end || progress.get().max(began) + STALLED <= now {
                return Err(silent(now - progress.get()));
            }
            if progress.get().max(self.heard.get()) + quiet > now {
                continue;
            }
            tokio::select! {
                biased;
                answer = &mut call => {
                    self.heard.renew();
                    return Ok(answer);
                }
                alive = timeout(self.patience - quiet, self.answers()) => match alive {
                    Ok(true) => self.heard.renew(),
                    // Somebody else may have heard of it meanwhile.
                    _ if self.heard.get() > now => {}
                    _ => return Err(silent(self.patience)),
                },
            }
        }
    }

    async fn answers(&self) -> bool {
        let asked = self.bucket().head_object(NOBODY).await;
        !matches!(asked.map_err(fault), Err(BlobError::Away { .. }))
    }
}
