use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use shared::{cache::Cache, ids::DeliveryId};

use crate::domain::{Priority, turns};

/// The longest that a queue of hints gets; what is beyond it, the sweep through the database finds.
const MOST: usize = 10_000;

/// Three queues of hints, in Redis where there is one: which deliveries wait, so that any replica takes them without
/// looking for them. A hint may be lost, late or wrong. The database knows what is due, and a delivery belongs to who
/// claims it there.
pub struct Queue {
    cache: Cache,
    fresh: Mutex<Vec<(Priority, DeliveryId)>>,
    taken: AtomicU64,
}

impl Queue {
    /// Keeps the hints in this cache.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache, fresh: Mutex::default(), taken: AtomicU64::new(0) }
    }

    /// Notes what was ordered in a transaction that is under way. Should it be rolled back, the hint was wrong.
    pub fn note(&self, ordered: impl IntoIterator<Item = (Priority, DeliveryId)>) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.extend(ordered);
        let too_many = fresh.len().saturating_sub(MOST);
        fresh.drain(..too_many);
    }

    /// How the next `count` places are shared out.
    pub fn shares(&self, count: usize) -> [(Priority, usize); 3] {
        turns::shares(self.taken.fetch_add(count as u64, Ordering::Relaxed), count)
    }

    /// Publishes what was noted, and takes up to `count` hints: to each priority its share, and what is left of the places
    /// to the most urgent that there is. A cache that is away has none.
    pub async fn take(&self, shares: [(Priority, usize); 3]) -> Vec<DeliveryId> {
        let fresh = std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        for (priority, _) in shares {
            let hints: Vec<_> = fresh
                .iter()
                .filter(|(known, _)| *known == priority)
                .map(|(_, id)| id.to_string().into_bytes())
                .collect();
            if !hints.is_empty() && self.cache.push(name(priority), &hints, MOST).await.is_err() {
                return Vec::new();
            }
        }
        let mut taken = Vec::new();
        let mut left = 0;
        let mut not_at_their_end = Vec::new();
        for (priority, count) in shares {
            let Ok(hints) = self.cache.pop(name(priority), count).await else { return taken };
            if hints.len() >= count {
                not_at_their_end.push(priority);
            }
            left += count - hints.len().min(count);
            taken.extend(hints.iter().filter_map(|hint| read(hint)));
        }
        for priority in not_at_their_end {
            if left > 0 {
                let Ok(hints) = self.cache.pop(name(priority), left).await else { return taken };
                left -= hints.len().min(left);
                taken.extend(hints.iter().filter_map(|hint| read(hint)));
            }
        }
        taken
    }
}

fn read(hint: &[u8]) -> Option<DeliveryId> {
    std::str::from_utf8(hint).ok()?.parse().ok()
}

fn name(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

#[cfg(test)]
mod tests {
    use shared::{cache::Cache, config::CacheConfig, ids::DeliveryId};

    use super::Queue;
    use crate::domain::Priority;

    fn queue() -> Queue {
        Queue::new(Cache::open(&CacheConfig::in_memory("test"), "notifications").unwrap())
    }

    fn ids(count: usize) -> Vec<DeliveryId> {
        (0..count).map(|_| DeliveryId::at("2026-01-31T10:00:00Z".parse().unwrap())).collect()
    }

    #[tokio::test]
    async fn the_urgent_go_first_and_the_others_are_never_starved() {
        let queue = queue();
        let (high, low) = (ids(100), ids(3));
        queue.note(low.iter().map(|id| (Priority::Low, *id)));
        queue.note(high.iter().map(|id| (Priority::High, *id)));
        let mut order = Vec::new();
        while order.len() < 103 {
            order.extend(queue.take(queue.shares(1)).await);
        }
        let places: Vec<_> =
            low.iter().map(|id| order.iter().position(|other| other == id).unwrap()).collect();
        assert!(places[0] > 0, "an urgent one goes first");
        assert!(places.is_sorted() && places[2] < 30, "one of ten at the latest: {places:?}");
        assert!(queue.take(queue.shares(10)).await.is_empty());
    }

    #[tokio::test]
    async fn no_place_stays_empty_while_something_waits() {
        let queue = queue();
        let low = ids(20);
        queue.note(low.iter().map(|id| (Priority::Low, *id)));
        assert_eq!(queue.take(queue.shares(8)).await.len(), 8);
        assert_eq!(queue.take(queue.shares(100)).await.len(), 12);
    }
}
