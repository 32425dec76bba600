use std::time::Duration;

use chrono::TimeDelta;
use shared::cache::Cache;
use shared::clock::{Timestamp, rfc3339};
use shared::http::Answer;
use tokio::sync::{Mutex, RwLock};

use super::App;
use crate::domain::Statistics;
use crate::{Error, store};

/// No answer is older.
const OLDEST: TimeDelta = TimeDelta::seconds(5);
/// From then on one caller counts anew, and the others go on with what there is.
const STALE: TimeDelta = TimeDelta::seconds(4);
const KEY: &str = "statistics";

/// The last answer, in this process and in the cache that replicas share.
pub struct Kept {
    cache: Cache,
    last: RwLock<Option<Counted>>,
    counting: Mutex<()>,
}

/// An answer as it is sent, and when it was true.
#[derive(Clone)]
struct Counted {
    at: Timestamp,
    answer: Answer,
}

impl Kept {
    pub(super) fn new(cache: Cache) -> Self {
        Self { cache, last: RwLock::default(), counting: Mutex::default() }
    }

    async fn last(&self, now: Timestamp, oldest: TimeDelta) -> Option<Counted> {
        self.last.read().await.clone().filter(|counted| counted.is_fresh(now, oldest))
    }

    /// What another replica counted. A cache that is away is no fault: then this one counts.
    async fn shared(&self, now: Timestamp) -> Option<Counted> {
        let found = self.cache.get(KEY).await.ok().flatten()?;
        let (at, answer) = std::str::from_utf8(&found).ok()?.split_once('\n')?;
        let counted = Counted { at: at.parse().ok()?, answer: Answer::again(answer.to_owned())? };
        counted.is_fresh(now, STALE).then_some(counted)
    }

    async fn keep(&self, counted: Counted) {
        let shared = format!("{}\n{}", rfc3339(counted.at), counted.answer.body().unwrap_or_default());
        let ttl = Duration::from_secs(OLDEST.num_seconds().unsigned_abs());
        let _ = self.cache.set(KEY, shared.as_bytes(), ttl).await;
        *self.last.write().await = Some(counted);
    }
}

impl Counted {
    /// A clock that was put back makes nothing fresh that is not.
    fn is_fresh(&self, now: Timestamp, oldest: TimeDelta) -> bool {
        (TimeDelta::zero()..oldest).contains(&(now - self.at))
    }
}

impl App {
    /// The desk in numbers, at most five seconds old, as `answering` puts them. However many ask, one counts.
    ///
    /// # Errors
    /// The database is away.
    pub async fn statistics(&self, answering: impl FnOnce(&Statistics) -> Answer) -> Result<Answer, Error> {
        let kept = &self.statistics;
        if let Some(counted) = kept.last(self.clock.now(), STALE).await {
            return Ok(counted.answer);
        }
        let counting = match kept.counting.try_lock() {
            Ok(counting) => counting,
            Err(_) => {
                if let Some(counted) = kept.last(self.clock.now(), OLDEST).await {
                    return Ok(counted.answer);
                }
                kept.counting.lock().await
            }
        };
        let now = self.clock.now();
        if let Some(counted) = kept.last(now, STALE).await {
            return Ok(counted.answer);
        }
        let counted = match kept.shared(now).await {
            Some(counted) => counted,
            None => {
                let tx = self.db.read().await?;
                let statistics = store::statistics(&tx, now).await?;
                Counted { at: now, answer: answering(&statistics) }
            }
        };
        let answer = counted.answer.clone();
        kept.keep(counted).await;
        drop(counting);
        Ok(answer)
    }
}
