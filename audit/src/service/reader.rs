use anyhow::Context;
use shared::{clock::Timestamp, db::Db, live::Live, process::Process};

use super::feed::{Feed, Following, events};
use crate::{Config, Error, domain::FeedItem, store};

/// The feed for the operator on the machine itself: read from the database, whether or not the service runs.
pub struct FeedReader {
    db: Db,
    feed: Feed,
    live: Live,
}

impl FeedReader {
    /// Opens the database, and changes nothing in it.
    ///
    /// # Errors
    /// In words, when it cannot be opened or holds no trail.
    pub async fn open(config: &Config, process: &Process) -> anyhow::Result<Self> {
        let db = Db::open(&config.common.database, process.clock.clone()).await?;
        process.lifecycle.close_at_the_end(&db);
        store::head(db.conn()).await.with_context(|| {
            let place = config.common.database.redacted();
            format!("{place} holds no trail that can be read: audit makes one when it starts")
        })?;
        let feed = Feed::new();
        feed.announce(db.background(), &process.lifecycle);
        Ok(Self { db, feed, live: Live::new(process) })
    }

    /// The number of the last event.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end(&self) -> Result<i64, Error> {
        Ok(store::head(self.db.conn()).await?.sequence)
    }

    /// The number behind which the events begin that are still here.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn beginning(&self) -> Result<i64, Error> {
        Ok(store::retained(self.db.conn()).await?.map_or(0, |it| it.sequence))
    }

    /// The number behind which the events begin that audit took at that time or later.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn before(&self, time: Timestamp) -> Result<i64, Error> {
        let (mut older, mut end) = (self.beginning().await?, self.end().await?);
        // Rows are never older than those before them: a few looks find the place.
        while older < end {
            let middle = older + (end - older) / 2;
            match store::feed(self.db.conn(), middle, 1).await?.pop() {
                Some(link) if link.recorded_at < time => older = link.sequence,
                _ => end = middle,
            }
        }
        Ok(older)
    }

    /// The events that come after number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events(&self, after: i64, limit: u64) -> Result<Vec<FeedItem>, Error> {
        events(&self.db, after, limit).await
    }

    /// Follows the feed from behind number `after`, as the live stream of the API does, until the process stops.
    #[must_use]
    pub fn follow(&self, after: i64) -> Following {
        Following::as_operator(self.db.clone(), &self.feed, &self.live, after)
    }
}
