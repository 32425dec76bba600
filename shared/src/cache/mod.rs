//! What may be forgotten: in Redis, or in memory where one process is all there is.
//!
//! A cache is never the truth. Every call answers within a quarter of a second, or what `REDIS_TIMEOUT` says; an error means
//! that the cache is away, and what that means – ask the database, refuse – is the caller's to decide, never to fail open.

mod memory;
mod redis;
#[cfg(test)]
mod tests;
mod versioned;

use std::time::Duration;

use crate::config::CacheConfig;

/// A service's cache. Clones share it.
#[derive(Clone, Debug)]
pub struct Cache {
    backend: Backend,
    /// Put before every key, so that services and installations do not meet.
    prefix: String,
}

#[derive(Clone, Debug)]
enum Backend {
    Redis(redis::Redis),
    Memory(memory::Memory),
}

/// The cache is away: it did not answer in time, or refused.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the cache is away: {0}")]
pub struct CacheError(String);

impl Cache {
    /// A service's cache. Whether Redis is there shows at the first call; it need not be there now. To be called
    /// inside the tokio runtime of the process.
    ///
    /// # Errors
    /// When the URL cannot be used.
    pub fn open(config: &CacheConfig, service: &str) -> anyhow::Result<Self> {
        let backend = match &config.redis_url {
            Some(url) => Backend::Redis(redis::Redis::open(url, config.timeout, config.workers)?),
            None => Backend::Memory(memory::Memory::new()),
        };
        Ok(Cache { backend, prefix: format!("{}:{service}:", config.prefix) })
    }

    /// The value of a key, if it is there and has not expired.
    ///
    /// # Errors
    /// When the cache is away, as for all that follow.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let key = self.key(key);
        match &self.backend {
            Backend::Redis(redis) => redis.get(&key).await,
            Backend::Memory(memory) => Ok(memory.get(&key).await),
        }
    }

    /// Sets a key for `ttl`.
    pub async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        let key = self.key(key);
        match &self.backend {
            Backend::Redis(redis) => redis.set(&key, value, ttl).await,
            Backend::Memory(memory) => {
                memory.set(key, value, ttl).await;
                Ok(())
            }
        }
    }

    /// Sets a key for `ttl` unless it is there; says whether it did. Of several callers one wins.
    pub async fn set_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        let key = self.key(key);
        match &self.backend {
            Backend::Redis(redis) => redis.set_if_absent(&key, value, ttl).await,
            Backend::Memory(memory) => Ok(memory.set_if_absent(key, value, ttl).await),
        }
    }

    /// Sets a key for `ttl` unless something newer is there; says whether it did. Of several writers the one with the
    /// highest `version` (not below 0) stays, in whichever order they come. Such a key is read by
    /// [`Cache::get_newest`].
    pub async fn set_newer(
        &self,
        key: &str,
        version: i64,
        value: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let (key, entry) = (self.key(key), versioned::write(version, value));
        match &self.backend {
            Backend::Redis(redis) => redis.set_newer(&key, &entry, ttl).await,
            Backend::Memory(memory) => Ok(memory.set_newer(key, &entry, ttl).await),
        }
    }

    /// The value that [`Cache::set_newer`] has set, and its version.
    pub async fn get_newest(&self, key: &str) -> Result<Option<(i64, Vec<u8>)>, CacheError> {
        Ok(self.get(key).await?.as_deref().and_then(versioned::read))
    }

    /// Removes a key; that it was not there is no fault.
    pub async fn delete(&self, key: &str) -> Result<(), CacheError> {
        let key = self.key(key);
        match &self.backend {
            Backend::Redis(redis) => redis.delete(&key).await,
            Backend::Memory(memory) => {
                memory.delete(&key).await;
                Ok(())
            }
        }
    }

    /// Adds one and gives the sum. The first of a count sets its `ttl`; later ones leave it, so a count ends.
    pub async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, CacheError> {
        let key = self.key(key);
        match &self.backend {
            Backend::Redis(redis) => redis.increment(&key, ttl).await,
            Backend::Memory(memory) => Ok(memory.increment(key, ttl).await),
        }
    }

    /// Puts values at the end of a list, which ends after an hour without any. Of more than `most` the oldest go.
    pub async fn push(&self, list: &str, values: &[Vec<u8>], most: usize) -> Result<(), CacheError> {
        let list = self.key(list);
        match &self.backend {
            Backend::Redis(redis) => redis.push(&list, values, most).await,
            Backend::Memory(memory) => {
                memory.push(list, values, most);
                Ok(())
            }
        }
    }

    /// Takes up to `count` values from the front of a list. Each goes to one of those who take.
    pub async fn pop(&self, list: &str, count: usize) -> Result<Vec<Vec<u8>>, CacheError> {
        let list = self.key(list);
        match &self.backend {
            Backend::Redis(redis) => redis.pop(&list, count).await,
            Backend::Memory(memory) => Ok(memory.pop(&list, count)),
        }
    }

    /// Whether it is there.
    pub async fn ping(&self) -> Result<(), CacheError> {
        match &self.backend {
            Backend::Redis(redis) => redis.ping().await,
            Backend::Memory(_) => Ok(()),
        }
    }

    /// Whether it is in the memory of this process.
    pub fn is_memory(&self) -> bool {
        matches!(self.backend, Backend::Memory(_))
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}
