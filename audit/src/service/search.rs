use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use shared::db::Db;

use super::App;
use crate::{
    Error,
    domain::{LogLine, SearchOrder, SearchQuery},
    store::{self, SearchIndex},
};

/// What is searched in.
pub(super) fn index(db: &Db) -> SearchIndex {
    SearchIndex::of(db.conn().get_database_backend())
}

/// What was found, each line with how well it matches.
#[derive(Debug)]
pub struct SearchResult {
    /// The lines, in the order that was asked for.
    pub lines: Vec<(LogLine, f64)>,
    /// By relevance, lines up to this one were looked at.
    pub until: i64,
}

impl App {
    /// The lines of the log that match.
    ///
    /// # Errors
    /// When the database is away, or the question is one that takes it too long.
    pub async fn search(&self, mut query: SearchQuery) -> Result<SearchResult, Error> {
        let tx = self.db.read().await?;
        let mut head = store::head(&tx).await?.sequence;
        if let SearchOrder::Relevance { until, .. } = &mut query.order {
            head = *until.get_or_insert(head);
        }
        let found = index(&self.db).find(&tx, &query).await?;
        let links = store::links_at(&tx, found.iter().map(|it| it.sequence)).await?;
        drop(tx);
        let mut lines: HashMap<_, _> =
            self.lines(links).await?.into_iter().map(|line| (line.sequence, line)).collect();
        let lines = found.iter().filter_map(|it| Some((lines.remove(&it.sequence)?, it.relevance))).collect();
        Ok(SearchResult { lines, until: head })
    }
}
