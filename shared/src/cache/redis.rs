use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, ExistenceCheck, RedisError, Script, SetExpiry, SetOptions};

use super::CacheError;
use super::versioned::DIGITS;
use crate::config::Secret;
use crate::workers::PerWorker;

/// After this many failures in a row Redis is not asked for [`REST`]: in an outage, callers are not each to wait.
const FAILURES: u32 = 2;
const REST: Duration = Duration::from_millis(500);

/// A list that nobody pushes to ends after an hour.
const LISTS_KEPT_MS: i64 = 3_600_000;

/// The first of a count sets its time to live, in one step with it: a count without an end would lock for ever.
const INCREMENT: &str = "
    local sum = redis.call('INCR', KEYS[1])
    if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
    return sum";

/// Sets what is not older than what is there, in one step.
const SET_NEWER: &str = "
    local there = redis.call('GET', KEYS[1])
    local digits = tonumber(ARGV[3])
    if there and string.sub(there, 1, digits) > string.sub(ARGV[1], 1, digits) then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1";

/// A Redis server.
#[derive(Clone)]
pub(super) struct Redis {
    /// A connection that is lost is opened again by whoever asks first, with the clock of that thread's runtime, and all who share it wait for
    /// that: so nobody may share it whose runtime outlives that one.
    connection: Arc<PerWorker<ConnectionManager>>,
    /// No call takes longer.
    timeout: Duration,
    increment: Arc<Script>,
    set_newer: Arc<Script>,
    outage: Arc<Outage>,
}

/// How Redis has been doing lately.
struct Outage {
    failures: AtomicU32,
    start: Instant,
    /// Milliseconds after `start` until which Redis is not asked.
    rest_until: AtomicU64,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis")
    }
}

impl Redis {
    pub(super) fn open(url: &Secret, timeout: Duration, workers: usize) -> anyhow::Result<Self> {
        // The defaults would block a caller for seconds in an outage.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(500))
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(Some(timeout));
        let connect = || {
            let client = Client::open(url.expose())?;
            ConnectionManager::new_lazy_with_config(client, config.clone())
        };
        let unusable = |fault: RedisError| anyhow::anyhow!("REDIS_URL cannot be used: {fault}");
        let each = (0..workers.max(1)).map(|_| connect()).collect::<Result<_, _>>().map_err(unusable)?;
        let connection = PerWorker::of(each, connect().map_err(unusable)?);
        let outage =
            Outage { failures: AtomicU32::new(0), start: Instant::now(), rest_until: AtomicU64::new(0) };
        let [increment, set_newer] = [INCREMENT, SET_NEWER].map(|script| Arc::new(Script::new(script)));
        Ok(Redis {
            connection: Arc::new(connection),
            timeout,
            increment,
            set_newer,
            outage: Arc::new(outage),
        })
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        self.ask(|mut redis| async move { redis.get(key).await }).await
    }

    pub(super) async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        self.ask(|mut redis| async move { redis.pset_ex(key, value, millis(ttl)).await }).await
    }

    pub(super) async fn set_if_absent(
        &self,
        key: &str,
        value: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::PX(millis(ttl)));
        let set = |mut redis: ConnectionManager| async move { redis.set_options(key, value, options).await };
        let answer: Option<String> = self.ask(set).await?;
        Ok(answer.is_some())
    }

    pub(super) async fn set_newer(&self, key: &str, entry: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        let set = |mut redis: ConnectionManager| async move {
            let mut call = self.set_newer.key(key);
            call.arg(entry).arg(millis(ttl)).arg(DIGITS).invoke_async(&mut redis).await
        };
        self.ask(set).await
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), CacheError> {
        self.ask(|mut redis| async move { redis.del::<_, ()>(key).await }).await
    }

    pub(super) async fn push(&self, list: &str, values: &[Vec<u8>], most: usize) -> Result<(), CacheError> {
        if values.is_empty() {
            return Ok(());
        }
        let first_kept = -isize::try_from(most).unwrap_or(isize::MAX);
        let mut pipe = redis::pipe();
        pipe.rpush(list, values).ltrim(list, first_kept, -1).pexpire(list, LISTS_KEPT_MS);
        self.ask(|mut redis| async move { pipe.query_async::<()>(&mut redis).await }).await
    }

    pub(super) async fn pop(&self, list: &str, count: usize) -> Result<Vec<Vec<u8>>, CacheError> {
        let Some(count) = NonZeroUsize::new(count) else { return Ok(Vec::new()) };
        let taken: Option<Vec<Vec<u8>>> =
            self.ask(|mut redis| async move { redis.lpop(list, Some(count)).await }).await?;
        Ok(taken.unwrap_or_default())
    }

    pub(super) async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, CacheError> {
        let add = |mut redis: ConnectionManager| async move {
            self.increment.key(key).arg(millis(ttl)).invoke_async(&mut redis).await
        };
        self.ask(add).await
    }

    pub(super) async fn ping(&self) -> Result<(), CacheError> {
        self.ask(|mut redis| async move { redis.ping::<()>().await }).await
    }

    /// Asks within the timeout, or not at all while Redis rests.
    async fn ask<T, F>(&self, question: impl FnOnce(ConnectionManager) -> F) -> Result<T, CacheError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        self.outage.check()?;
        match tokio::time::timeout(self.timeout, question(self.connection.mine().clone())).await {
            Ok(Ok(answer)) => {
                self.outage.failures.store(0, Ordering::Relaxed);
                Ok(answer)
            }
            Ok(Err(fault)) => Err(self.outage.note(fault.to_string())),
            Err(_) => Err(self.outage.note(format!("no answer in {:?}", self.timeout))),
        }
    }
}

impl Outage {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn check(&self) -> Result<(), CacheError> {
        if self.now() < self.rest_until.load(Ordering::Relaxed) {
            return Err(CacheError("it failed a moment ago".to_owned()));
        }
        Ok(())
    }

    fn note(&self, what: String) -> CacheError {
        metrics::counter!("cache_errors_total").increment(1);
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES {
            let rest = u64::try_from(REST.as_millis()).unwrap_or(u64::MAX);
            if self.rest_until.swap(self.now() + rest, Ordering::Relaxed) < self.now() {
                tracing::warn!(fault = %what, "Redis is away; it is asked again in {REST:?}");
            }
        }
        CacheError(what)
    }
}

/// Redis refuses a time to live of nothing.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
