//! How many calls one address may make to the public endpoints.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::Error;

use shared::{
    cache::Cache,
    clock::{Clock, Timestamp},
};

const MINUTE: i64 = 60;
/// Within a minute so many addresses are told apart in memory; all further ones share one count.
const TOLD_APART: usize = 100_000;

/// Counts calls by address and minute: in the cache, for all replicas, and in this process, so that the limit holds
/// – then for each replica – when the cache is away.
pub struct Limiter {
    per_minute: u64,
    cache: Cache,
    clock: Clock,
    own: Mutex<Own>,
}

#[derive(Default)]
struct Own {
    minute: i64,
    calls: HashMap<String, u64>,
}

impl Limiter {
    /// `per_minute` calls for each address.
    #[must_use]
    pub fn new(per_minute: u64, cache: Cache, clock: Clock) -> Self {
        Self { per_minute, cache, clock, own: Mutex::default() }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When it is one too many; it says when the next minute begins.
    pub async fn count(&self, address: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let minute = now.timestamp().div_euclid(MINUTE);
        let own = self.count_here(address, minute);
        // What is too much for this process alone needs no second opinion.
        let calls =
            if own > self.per_minute { own } else { own.max(self.count_for_all(address, minute).await) };
        if calls > self.per_minute {
            metrics::counter!("auth_rate_limited_total").increment(1);
            tracing::info!(address, "too many calls to the public endpoints");
            return Err(Error::RateLimited { retry_after: rest_of_minute(now) });
        }
        Ok(())
    }

    fn count_here(&self, address: &str, minute: i64) -> u64 {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.minute != minute {
            own.minute = minute;
            own.calls = HashMap::new();
        }
        let known = own.calls.len() < TOLD_APART || own.calls.contains_key(address);
        let calls = own.calls.entry(if known { address } else { "" }.to_owned()).or_default();
        *calls += 1;
        *calls
    }

    /// Nothing when the cache is away; it answers that at once, after the first time.
    async fn count_for_all(&self, address: &str, minute: i64) -> u64 {
        let key = format!("calls:{address}:{minute}");
        self.cache.increment(&key, Duration::from_secs(90)).await.unwrap_or(0)
    }
}

fn rest_of_minute(now: Timestamp) -> Duration {
    let rest = MINUTE - now.timestamp().rem_euclid(MINUTE);
    Duration::from_secs(rest.unsigned_abs())
}
