use shared::{auth::Caller, ids::AuditLogId};

use super::{App, open::opened};
use crate::{
    Error,
    domain::{FeedItem, Link, LogLine, LogsQuery},
    store,
};

/// How many lines an export holds at a time: somebody who administers has done a great deal in some years.
const EXPORT_BATCH: u64 = 1_000;

impl App {
    /// The lines of the log that match, by time.
    pub async fn logs(&self, query: &LogsQuery) -> Result<Vec<LogLine>, Error> {
        self.lines(store::lines(self.db.conn(), query).await?).await
    }

    /// The lines about the caller behind number `after` of the feed, the oldest first; none when there are no more.
    pub async fn lines_on(&self, caller: &Caller, after: i64) -> Result<Vec<LogLine>, Error> {
        self.lines(store::lines_on(self.db.conn(), caller.user_id, after, EXPORT_BATCH).await?).await
    }

    /// One line of the log.
    pub async fn log(&self, id: AuditLogId) -> Result<LogLine, Error> {
        let link = store::line(self.db.conn(), id).await?.ok_or(Error::NotFound)?;
        self.lines(vec![link]).await?.pop().ok_or(Error::NotFound)
    }

    pub(super) async fn lines(&self, links: Vec<Link>) -> Result<Vec<LogLine>, Error> {
        let items = opened(self.db.conn(), links).await?;
        Ok(items.into_iter().map(FeedItem::into_line).collect::<Result<_, _>>()?)
    }
}
