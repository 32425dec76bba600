//! What lines are found by. Unlike the trail it can be dropped and made anew.

mod fts5;
mod gin;

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use shared::{
    db::{Transaction, Tx},
    ids::UserId,
};
use uuid::Uuid;

use super::ROWS;
use crate::domain::{Document, Facts, Found, SearchOrder, SearchQuery, Withheld};

/// Ranked are the newest of those that match: ranking reads every document, and a common word is in half of them.
const RANKED: u64 = 200;

/// A line of the log, to be found.
pub struct Indexed<'a> {
    sequence: i64,
    person: Option<UserId>,
    facts: &'a Facts,
    document: Document,
}

impl<'a> Indexed<'a> {
    /// What a line is found by.
    #[must_use]
    pub fn of(sequence: i64, person: Option<UserId>, facts: &'a Facts, parts: &Withheld) -> Self {
        Self { sequence, person, facts, document: Document::of(facts, parts) }
    }
}

/// What is searched in. Another engine, as OpenSearch, would be another of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchIndex {
    /// PostgreSQL's full text with an inverted index (GIN), by months.
    Gin,
    /// SQLite's FTS5.
    Fts5,
}

impl SearchIndex {
    /// The one that this database has.
    #[must_use]
    pub fn of(backend: DbBackend) -> Self {
        if backend == DbBackend::Postgres { Self::Gin } else { Self::Fts5 }
    }

    /// Makes lines findable, in the transaction that records them.
    pub fn add<'a>(self, tx: &'a Tx, lines: &[Indexed<'_>]) -> BoxFuture<'a, Result<(), DbErr>> {
        match self {
            Self::Gin => {
                let months = gin::months(lines);
                let adding = gin::ADD.run(tx, lines.iter().map(gin::row).collect());
                Box::pin(async move {
                    gin::make_partitions(tx, months).await?;
                    adding.await
                })
            }
            Self::Fts5 => Box::pin(fts5::ADD.run(tx, lines.iter().map(fts5::row).collect())),
        }
    }

    /// Nobody finds anything by the personal details of somebody who was erased.
    pub async fn forget(self, tx: &Tx, person: UserId) -> Result<(), DbErr> {
        let sql = match self {
            Self::Gin => {
                "UPDATE trail_search SET document = ts_filter(document, '{a,b,d}') WHERE person_id = $1"
            }
            Self::Fts5 => {
                "UPDATE trail_search SET personal = '' \
                 WHERE rowid IN (SELECT sequence FROM trail WHERE person_id = $1) AND personal <> ''"
            }
        };
        tx.run(sql, [Uuid::from(person).into()]).await.map(drop)
    }

    /// Forgets some of the lines up to a number, which are in archives; how many, none when all are forgotten.
    pub async fn forget_lines(self, tx: &Tx, last: i64) -> Result<u64, DbErr> {
        let row = if self == Self::Gin { "sequence" } else { "rowid" };
        let sql = format!(
            "DELETE FROM trail_search WHERE {row} IN (SELECT {row} FROM trail_search WHERE {row} <= $1 LIMIT {ROWS})"
        );
        tx.run(&sql, [last.into()]).await
    }

    /// Nothing is found any more, so that it can be made anew.
    pub async fn clear(self, tx: &Tx) -> Result<(), DbErr> {
        let sql = match self {
            Self::Gin => "TRUNCATE trail_search",
            Self::Fts5 => "DELETE FROM trail_search",
        };
        tx.run(sql, []).await.map(drop)
    }

    /// The lines that match. A question that takes longer than two seconds is given up.
    pub async fn find(self, tx: &Transaction, query: &SearchQuery) -> Result<Vec<Found>, DbErr> {
        let rows = match self {
            Self::Gin => gin::find(tx, query).await?,
            Self::Fts5 => {
                let mut values = Values::default();
                let sql = fts5::matches(query, &mut values);
                ask(tx, sql, values).await?
            }
        };
        let read = |row: &QueryResult| {
            let relevance = match self {
                Self::Gin => row.try_get("", "relevance")?,
                Self::Fts5 => {
                    let words = |column| row.try_get::<String>("", column);
                    let words = [words("head")?, words("body")?, words("personal")?];
                    query.search.relevance(words.each_ref().map(String::as_str))
                }
            };
            Ok(Found { sequence: row.try_get("", "sequence")?, relevance })
        };
        let found = rows.iter().map(read).collect::<Result<_, DbErr>>()?;
        Ok(query.order.page(found, query.limit))
    }
}

async fn ask(tx: &Transaction, sql: String, values: Values) -> Result<Vec<QueryResult>, DbErr> {
    tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values.0)).await
}

/// The values of a statement, and where each stands in it.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }
}

/// How many matches are looked for: to be ranked, or to be shown.
fn wanted(query: &SearchQuery) -> u64 {
    match query.order {
        SearchOrder::Relevance { .. } => RANKED,
        SearchOrder::Time { .. } => query.limit,
    }
}

fn way(query: &SearchQuery) -> &'static str {
    if query.order.is_newest_first() { "DESC" } else { "ASC" }
}

/// The order in which matches are looked for.
fn ordered(query: &SearchQuery, values: &mut Values, conditions: &mut Vec<String>, table: &str) -> String {
    let (time, number) = (format!("{table}\"timestamp\""), format!("{table}sequence"));
    let (sign, way) = (if query.order.is_newest_first() { "<" } else { ">" }, way(query));
    match query.order {
        SearchOrder::Relevance { until, .. } => {
            conditions.extend(until.map(|until| format!("{number} <= {}", values.place(until))));
        }
        SearchOrder::Time { after, .. } => conditions.extend(after.map(|(at, sequence)| {
            let (at, sequence) = (values.place(at), values.place(sequence));
            format!("({time}, {number}) {sign} ({at}, {sequence})")
        })),
    }
    format!("{time} {way}, {number} {way}")
}
