use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::{Cache, CacheBuilder};
use moka::ops::compute::{CompResult, Op};

use super::versioned::is_newer;

/// What keys and values may take together. What is used least goes first.
const BYTES: u64 = 16 << 20;

/// The memory of this process.
#[derive(Clone, Debug)]
pub(super) struct Memory(Cache<String, Entry>, Lists);

/// Lists are short, and bounded by whoever pushes.
type Lists = Arc<Mutex<HashMap<String, VecDeque<Vec<u8>>>>>;

#[derive(Clone, Debug)]
struct Entry {
    value: Arc<[u8]>,
    /// Unset on an entry that takes over what its predecessor had left.
    ttl: Option<Duration>,
}

struct Ttl;

impl Expiry<String, Entry> for Ttl {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        entry.ttl
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        _: Instant,
        left: Option<Duration>,
    ) -> Option<Duration> {
        entry.ttl.or(left)
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        let cache = CacheBuilder::new(BYTES)
            .weigher(|key: &String, entry: &Entry| {
                (key.len() + entry.value.len() + 64).try_into().unwrap_or(u32::MAX)
            })
            .expire_after(Ttl)
            .build();
        Memory(cache, Lists::default())
    }

    pub(super) async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.get(key).await.map(|entry| entry.value.to_vec())
    }

    pub(super) async fn set(&self, key: String, value: &[u8], ttl: Duration) {
        self.0.insert(key, Entry { value: value.into(), ttl: Some(ttl) }).await;
    }

    pub(super) async fn set_if_absent(&self, key: String, value: &[u8], ttl: Duration) -> bool {
        let entry = Entry { value: value.into(), ttl: Some(ttl) };
        let decide = |there: Option<moka::Entry<String, Entry>>| {
            std::future::ready(if there.is_some() { Op::Nop } else { Op::Put(entry) })
        };
        matches!(self.0.entry(key).and_compute_with(decide).await, CompResult::Inserted(_))
    }

    pub(super) async fn set_newer(&self, key: String, entry: &[u8], ttl: Duration) -> bool {
        let fresh = Entry { value: entry.into(), ttl: Some(ttl) };
        let decide = |there: Option<moka::Entry<String, Entry>>| {
            let newer = there.is_some_and(|there| is_newer(&there.value().value, &fresh.value));
            std::future::ready(if newer { Op::Nop } else { Op::Put(fresh) })
        };
        let done = self.0.entry(key).and_compute_with(decide).await;
        matches!(done, CompResult::Inserted(_) | CompResult::ReplacedWith(_))
    }

    pub(super) async fn delete(&self, key: &str) {
        self.0.invalidate(key).await;
    }

    pub(super) fn push(&self, list: String, values: &[Vec<u8>], most: usize) {
        let mut lists = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists.entry(list).or_default();
        list.extend(values.iter().cloned());
        let too_many = list.len().saturating_sub(most);
        list.drain(..too_many);
    }

    pub(super) fn pop(&self, list: &str, count: usize) -> Vec<Vec<u8>> {
        let mut lists = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = lists.get_mut(list) else { return Vec::new() };
        let count = count.min(list.len());
        list.drain(..count).collect()
    }

    pub(super) async fn increment(&self, key: String, ttl: Duration) -> u64 {
        let add = |there: Option<moka::Entry<String, Entry>>| {
            let sum = there.as_ref().map_or(0, |entry| number(&entry.value().value)) + 1;
            let ttl = if there.is_some() { None } else { Some(ttl) };
            std::future::ready(Entry { value: sum.to_string().into_bytes().into(), ttl })
        };
        number(&self.0.entry(key).and_upsert_with(add).await.value().value)
    }
}

/// Counts are kept as Redis keeps them, in decimal.
fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
