//! When sessions were last used: hot in the cache, written to the database now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use shared::{cache::Cache, clock::Timestamp, ids::SessionId, process::Process};

use super::App;
use crate::{Error, store};

/// How often what was noted goes to the cache, where the other replicas see it.
const TO_CACHE: Duration = Duration::from_secs(1);
/// Every so many of those it goes to the database.
const TO_DATABASE: u32 = 60;
/// How long the cache keeps it: until it is in the database for sure.
const KEPT: Duration = Duration::from_secs(3600);

/// The sessions that were used lately. Noting one costs a look-up in memory, no call to anybody.
#[derive(Default)]
pub struct Seen(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    fresh: HashMap<SessionId, Timestamp>,
    unwritten: HashMap<SessionId, Timestamp>,
}

impl Seen {
    /// A session was used.
    pub fn note(&self, session: SessionId, at: Timestamp) {
        self.locked().fresh.insert(session, at);
    }

    /// When a session was last used, by what this process and the cache know.
    pub async fn last(&self, cache: &Cache, session: SessionId) -> Option<Timestamp> {
        let own = {
            let noted = self.locked();
            noted.fresh.get(&session).or_else(|| noted.unwritten.get(&session)).copied()
        };
        let cached = cache.get(&key(session)).await.ok().flatten().and_then(|value| read(&value));
        own.max(cached)
    }

    fn take_fresh(&self) -> Vec<(SessionId, Timestamp)> {
        let mut noted = self.locked();
        let fresh = std::mem::take(&mut noted.fresh);
        noted.unwritten.extend(&fresh);
        fresh.into_iter().collect()
    }

    fn take_unwritten(&self) -> Vec<(SessionId, Timestamp)> {
        std::mem::take(&mut self.locked().unwritten).into_iter().collect()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Starts the task that carries what was noted to the cache and the database.
    pub fn write_down_seen(&self, process: &Process) {
        let (app, halting) = (self.clone(), process.lifecycle.halting());
        process.lifecycle.spawn("last seen", async move {
            let mut ticks = 0u32;
            loop {
                let halted = tokio::select! {
                    () = halting.cancelled() => true,
                    () = tokio::time::sleep(TO_CACHE) => false,
                };
                ticks = ticks.wrapping_add(1);
                app.carry_to_cache().await;
                let due = halted || ticks.is_multiple_of(TO_DATABASE);
                if due && let Err(fault) = app.carry_to_database().await {
                    tracing::warn!("when sessions were last used could not be written down: {fault}");
                }
                if halted {
                    return Ok(());
                }
            }
        });
    }

    async fn carry_to_cache(&self) {
        for (session, at) in self.0.seen.take_fresh() {
            let micros = at.timestamp_micros().to_string();
            if self.0.cache.set(&key(session), micros.as_bytes(), KEPT).await.is_err() {
                // It is away. The database gets all of it, a minute later at most.
                return;
            }
        }
    }

    async fn carry_to_database(&self) -> Result<(), Error> {
        let mut seen = self.0.seen.take_unwritten();
        if seen.is_empty() {
            return Ok(());
        }
        // In one order, so that two replicas that write the same rows do not wait for each other.
        seen.sort_unstable_by_key(|(session, _)| *session);
        let tx = self.0.background.begin().await?;
        store::sessions::seen(&tx, &seen).await?;
        Ok(tx.commit().await?)
    }
}

fn key(session: SessionId) -> String {
    format!("seen:{session}")
}

fn read(value: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(value).ok()?.parse().ok().and_then(Timestamp::from_timestamp_micros)
}
