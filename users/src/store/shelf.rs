//! People as they were last read or written, in the cache: good for a minute, and never older than what this process has
//! written itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shared::cache::{Cache, CacheError};
use shared::db::Tx;
use shared::ids::UserId;
use tokio::sync::Notify;

use super::profile_row::Model;
use crate::domain::Known;

/// No reading is believed for longer.
const KEPT: Duration = Duration::from_secs(60);
/// From so many on, what no reading can be older than any more is looked for and forgotten.
const MANY: usize = 1024;

/// What lies in the cache: a row, or the news that there is nobody any more.
#[derive(Serialize, Deserialize)]
struct Reading {
    user_id: UserId,
    revision: i64,
    row: Option<Model>,
}

impl Reading {
    fn of(known: &Known) -> Self {
        let row = match known {
            Known::Living(person) => Some(Model::from(&**person)),
            Known::Erased { .. } => None,
        };
        Self { user_id: known.user_id(), revision: known.revision(), row }
    }

    fn known(self) -> Option<Known> {
        match self.row {
            Some(row) => Known::try_from(row).ok(),
            None => Some(Known::Erased { user_id: self.user_id, revision: self.revision }),
        }
    }
}

/// The cached people. Clones share it.
#[derive(Clone)]
pub struct Shelf {
    cache: Cache,
    written: Arc<Mutex<HashMap<UserId, Written>>>,
    wake: Arc<Notify>,
}

/// What this process wrote of somebody lately: an older reading is not believed, wherever it lies.
#[derive(Clone, Copy)]
struct Written {
    revision: i64,
    until: Instant,
    /// The cache does not have it yet.
    is_due: bool,
}

impl Shelf {
    /// The cached people, in this cache.
    pub fn new(cache: Cache) -> Self {
        Self { cache, written: Arc::default(), wake: Arc::default() }
    }

    /// What the cache knows of somebody, if that is as new as all that this process has written.
    pub async fn find(&self, user_id: UserId) -> Option<Known> {
        // A cache that is away is one that knows nothing: the database does.
        let (_, reading) = self.cache.get_newest(&key(user_id)).await.ok().flatten()?;
        let known = serde_json::from_slice::<Reading>(&reading).ok()?.known()?;
        let oldest = self.written().get(&user_id).map_or(0, |written| written.revision);
        (known.revision() >= oldest && known.user_id() == user_id).then_some(known)
    }

    /// Keeps what was just read from the database. Whatever is newer stays in its place.
    ///
    /// # Errors
    /// The cache is away.
    pub async fn keep(&self, known: &Known) -> Result<(), CacheError> {
        let (user_id, revision) = (known.user_id(), known.revision());
        let reading = serde_json::to_vec(&Reading::of(known)).unwrap_or_default();
        self.cache.set_newer(&key(user_id), revision, &reading, KEPT).await?;
        if let Some(written) = self.written().get_mut(&user_id).filter(|written| written.revision <= revision)
        {
            written.is_due = false;
        }
        Ok(())
    }

    /// Says that this transaction writes somebody: from now on this process believes nothing older. After the commit the
    /// cache is to be told.
    pub fn writes(&self, tx: &Tx, known: &Known) {
        let now = Instant::now();
        let mut written = self.written();
        if written.len() >= MANY {
            written.retain(|_, written| written.until > now);
        }
        let latest = Written { revision: known.revision(), until: now + KEPT, is_due: true };
        written
            .entry(known.user_id())
            .and_modify(|written| {
                *written = Written { revision: written.revision.max(latest.revision), ..latest };
            })
            .or_insert(latest);
        tx.wake_after_commit(&self.wake);
    }

    /// Whom the cache is still to be told about. What was not committed within a minute was not committed.
    pub fn due(&self) -> Vec<UserId> {
        let now = Instant::now();
        let mut written = self.written();
        written.retain(|_, written| written.until > now);
        written.iter().filter(|(_, written)| written.is_due).map(|(user_id, _)| *user_id).collect()
    }

    /// Waits until somebody was written.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    fn written(&self) -> MutexGuard<'_, HashMap<UserId, Written>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(user_id: UserId) -> String {
    format!("profile:{user_id}")
}

#[cfg(test)]
mod tests {
    use shared::auth::Role;
    use shared::config::CacheConfig;
    use shared::testing::World;

    use super::*;
    use crate::domain::{Account, Person};

    fn at(revision: i64, world: &World, user_id: UserId) -> Known {
        let account = Account::at(1, user_id, "ada@example.com".into(), Role::User, true);
        Person { revision, ..Person::new(account, world.clock().now()) }.into()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_older_than_the_own_write_is_believed_whatever_the_cache_holds() {
        let world = World::start().await;
        let db = world.open::<migrations::users::Migrator>("users").await;
        let cache = Cache::open(&CacheConfig::in_memory("test"), "users").unwrap();
        let (shelf, stranger) = (Shelf::new(cache.clone()), Shelf::new(cache));
        let ada = UserId::at(world.clock().now());
        let reading = |revision| at(revision, &world, ada);
        shelf.keep(&reading(1)).await.unwrap();
        assert_eq!(shelf.find(ada).await.map(|known| known.revision()), Some(1));

        let tx = db.begin().await.unwrap();
        shelf.writes(&tx, &reading(2));
        tx.commit().await.unwrap();
        shelf.woken().await;
        assert_eq!((shelf.find(ada).await, shelf.due()), (None, vec![ada]), "the cache was not told");
        assert!(stranger.find(ada).await.is_some(), "it is this process that wrote");

        shelf.keep(&reading(1)).await.unwrap();
        assert_eq!(
            (shelf.find(ada).await, shelf.due()),
            (None, vec![ada]),
            "a slow reader tells nothing new"
        );
        shelf.keep(&reading(2)).await.unwrap();
        stranger.keep(&reading(1)).await.unwrap();
        for shelf in [&shelf, &stranger] {
            assert_eq!(shelf.find(ada).await.map(|known| known.revision()), Some(2));
            assert_eq!(shelf.due(), []);
        }

        let erased = Known::Erased { user_id: ada, revision: 3 };
        shelf.keep(&erased).await.unwrap();
        stranger.keep(&reading(2)).await.unwrap();
        assert_eq!(stranger.find(ada).await, Some(erased), "nobody comes back");
    }
}
