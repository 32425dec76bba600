//! Service runs a use case from beginning to end and owns its transaction. (A consumer's belongs to the bus.)

pub mod account;
mod administer;
mod avatar;
mod export;
mod profile;
mod query;
pub mod shelf;

use std::sync::Arc;

use shared::clock::{Clock, Timestamp};
use shared::db::{Db, Tx};
use shared::ids::UserId;
use tokio::sync::Semaphore;

pub use self::export::Export;
use crate::Error;
pub use crate::clients::Document;
use crate::clients::{AuthClient, AvatarsClient, ExportsClient};
use crate::config::Peers;
use crate::domain::{Known, Person};
use crate::store::{self, Shelf};

/// So many pictures may come in at once: each is held in memory until it has come whole.
const PICTURES: usize = 32;

/// The use cases of users, and what they need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    shelf: Shelf,
    auth: AuthClient,
    avatars: AvatarsClient,
    exports: ExportsClient,
    pictures: Arc<Semaphore>,
}

impl App {
    /// The use cases on this database and this cache, with these others to ask.
    pub fn new(db: Db, shelf: Shelf, peers: &Peers) -> Self {
        Self {
            clock: db.clock().clone(),
            db,
            shelf,
            auth: AuthClient::new(&peers.auth),
            avatars: AvatarsClient::new(&peers.files),
            exports: ExportsClient::new(peers),
            pictures: Arc::new(Semaphore::new(PICTURES)),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is known of somebody, from the cache where it is good.
    async fn known(&self, user_id: UserId) -> Result<Option<Known>, Error> {
        if let Some(known) = self.shelf.find(user_id).await {
            return Ok(Some(known));
        }
        let known = store::find(self.db.conn(), user_id).await?;
        if let Some(known) = &known {
            // A cache that is away shall not keep anybody from reading.
            let _ = self.shelf.keep(known).await;
        }
        Ok(known)
    }

    /// Commits what was written of somebody, and tells the cache. One that is away is told later, and not believed until
    /// then.
    async fn commit(&self, tx: Tx, known: impl Into<Known>) -> Result<Known, Error> {
        let known = known.into();
        self.shelf.writes(&tx, &known);
        tx.commit().await?;
        let _ = self.shelf.keep(&known).await;
        Ok(known)
    }

    /// The same, for somebody who lives.
    async fn commit_living(&self, tx: Tx, person: Person) -> Result<Person, Error> {
        self.commit(tx, person).await?.living().ok_or(Error::NotFound)
    }
}
