use std::{sync::Arc, time::Duration};

use shared::{
    auth::Caller,
    db::{Db, Tx},
    live::{Follower, Live, Next},
    process::Lifecycle,
};
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};

use super::{App, open::opened};
use crate::{Error, domain::FeedItem, store};

/// How often the end of the feed is looked up while somebody follows it, for what other replicas recorded.
const POLL: Duration = Duration::from_millis(500);
/// How many events a follower is handed at a time.
const BATCH: u64 = 100;

/// The live end of the feed: tells its followers when it has grown.
#[derive(Clone)]
pub struct Feed {
    recorded: Arc<Notify>,
    end: watch::Sender<i64>,
}

impl Feed {
    pub(super) fn new() -> Self {
        Self { recorded: Arc::new(Notify::new()), end: watch::Sender::new(0) }
    }

    pub(super) fn wake_after(&self, tx: &Tx) {
        tx.wake_after_commit(&self.recorded);
    }

    fn subscribe(&self) -> watch::Receiver<i64> {
        let end = self.end.subscribe();
        // The announcer may be asleep since nobody followed until now.
        self.recorded.notify_one();
        end
    }

    /// Keeps the followers informed for as long as the process lives. While there are none it costs nothing.
    pub fn announce(&self, db: Db, lifecycle: &Lifecycle) {
        let (feed, stop) = (self.clone(), lifecycle.halting());
        lifecycle.spawn("audit feed", async move {
            loop {
                let followed = feed.end.receiver_count() > 0;
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = feed.recorded.notified() => {}
                    () = tokio::time::sleep(POLL), if followed => {}
                }
                if feed.end.receiver_count() == 0 {
                    continue;
                }
                match store::head(db.conn()).await {
                    Ok(head) => {
                        let end = head.sequence;
                        feed.end.send_if_modified(|known| std::mem::replace(known, end) != end);
                    }
                    // The followers wait; whoever reads gets the fault.
                    Err(error) => tracing::debug!(%error, "the end of the feed is not known"),
                }
            }
        });
    }
}

/// Somebody who follows the feed.
pub struct Following {
    db: Db,
    after: i64,
    follower: Follower,
    /// Among those that the service has for clients; the operator takes none.
    _place: Option<OwnedSemaphorePermit>,
}

/// The events that come after number `after`, in order, at most `limit`.
pub(super) async fn events(db: &Db, after: i64, limit: u64) -> Result<Vec<FeedItem>, Error> {
    Ok(opened(db.conn(), store::feed(db.conn(), after, limit).await?).await?)
}

impl App {
    /// The events that come after number `after` in the feed, in order, at most `limit`.
    pub async fn events(&self, after: i64, limit: u64) -> Result<Vec<FeedItem>, Error> {
        events(&self.db, after, limit).await
    }

    /// Follows the feed from behind number `after`, for as long as the caller's session lives.
    pub fn follow(&self, caller: &Caller, after: i64) -> Result<Following, Error> {
        let place =
            self.streams.clone().try_acquire_owned().map_err(|_| Error::FeedFull(self.stream_limit))?;
        let follower = self.live.follow(caller, self.feed.subscribe());
        Ok(Following { db: self.db.clone(), after, follower, _place: Some(place) })
    }
}

impl Following {
    /// Follows for the operator, from behind number `after`, for as long as the process lives.
    pub(super) fn as_operator(db: Db, feed: &Feed, live: &Live, after: i64) -> Self {
        Self { db, after, follower: live.follow_as_operator(feed.subscribe()), _place: None }
    }

    /// Waits for the events that come next, in order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next(&mut self) -> Result<Next<Vec<FeedItem>>, Error> {
        let Self { db, after, follower, .. } = self;
        follower
            .next(
                || false,
                async || {
                    let events = events(db, *after, BATCH).await?;
                    let Some(last) = events.last() else { return Ok(None) };
                    *after = last.sequence;
                    Ok(Some(events))
                },
            )
            .await
    }
}
