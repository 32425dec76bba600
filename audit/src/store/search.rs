//! What lines are found by. Unlike the trail it can be dropped and made anew.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveTime};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement, Value,
    sea_query::{Expr, Query},
};
use shared::{clock::Timestamp, db::Tx, ids::UserId};
use uuid::Uuid;

use super::ROWS;
use crate::domain::{Document, Facts, Found, LogFilter, Search, SearchOrder, SearchQuery, Term, Withheld};

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
    pub async fn add(self, tx: &Tx, lines: &[Indexed<'_>]) -> Result<(), DbErr> {
        if self == Self::Gin {
            make_partitions(tx, lines).await?;
        }
        for lines in lines.chunks(ROWS) {
            let mut insert = Query::insert();
            insert.into_table("trail_search");
            match self {
                Self::Gin => insert.columns(["sequence", "timestamp", "person_id", "document"]),
                Self::Fts5 => insert.columns(["rowid", "head", "body", "personal"]),
            };
            for line in lines {
                let Document { head, body, personal } = &line.document;
                match self {
                    Self::Gin => insert.values_panic([
                        line.sequence.into(),
                        line.facts.timestamp.into(),
                        line.person.map(Uuid::from).into(),
                        Expr::cust_with_values("CAST($1 AS TSVECTOR)", [lexemes(line)]),
                    ]),
                    Self::Fts5 => insert.values_panic([
                        line.sequence.into(),
                        head.join(" ").into(),
                        body.join(" ").into(),
                        personal.join(" ").into(),
                    ]),
                };
            }
            tx.execute(&insert).await?;
        }
        Ok(())
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
    pub async fn find(self, tx: &DatabaseTransaction, query: &SearchQuery) -> Result<Vec<Found>, DbErr> {
        let rows = match self {
            Self::Gin => find_in_gin(tx, query).await?,
            Self::Fts5 => {
                let mut values = Values::default();
                let sql = in_fts5(query, &mut values);
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

async fn ask(tx: &DatabaseTransaction, sql: String, values: Values) -> Result<Vec<QueryResult>, DbErr> {
    tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values.0)).await
}

/// How common a word is the planner knows, and decides by it how it is looked for; of several together it knows nothing, and the
/// index of words does. So of several that index is asked first, and if it has few documents with all of them, those are it.
async fn find_in_gin(tx: &DatabaseTransaction, query: &SearchQuery) -> Result<Vec<QueryResult>, DbErr> {
    let limits = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL statement_timeout = '2s'";
    tx.execute_unprepared(limits).await?;
    if asked(query).len() > 1 {
        tx.execute_unprepared("SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off").await?;
        let mut values = Values::default();
        let few = ask(tx, in_gin(query, Reach::Few, &mut values), values).await?;
        if few.len() as u64 <= RANKED {
            return Ok(few);
        }
        tx.execute_unprepared("SET LOCAL enable_indexscan = on; SET LOCAL enable_seqscan = on").await?;
    }
    let mut values = Values::default();
    ask(tx, in_gin(query, Reach::Newest, &mut values), values).await
}

/// Which of the matches.
#[derive(Clone, Copy)]
enum Reach {
    /// All, unless there are more than are ranked: then any.
    Few,
    /// As many as are wanted, by time.
    Newest,
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

async fn make_partitions(tx: &Tx, lines: &[Indexed<'_>]) -> Result<(), DbErr> {
    let months: BTreeSet<_> = lines.iter().map(|line| month(line.facts.timestamp)).collect();
    for month in months {
        tx.rows("SELECT make_search_partition($1)", [month.into()]).await?;
    }
    Ok(())
}

fn month(at: Timestamp) -> Timestamp {
    let first = NaiveDate::from_ymd_opt(at.year(), at.month(), 1).expect("every month has a first day");
    first.and_time(NaiveTime::MIN).and_utc()
}

/// The document as PostgreSQL writes one: each word with its place and its weight.
fn lexemes(line: &Indexed<'_>) -> String {
    let Facts { action, resource_type, resource_id, user_id, .. } = line.facts;
    let mut text = String::new();
    let mut place = 0;
    for (words, weight) in
        [(&line.document.head, 'A'), (&line.document.body, 'B'), (&line.document.personal, 'C')]
    {
        for word in words {
            place += 1;
            text += &format!("'{word}':{place}{weight} ");
        }
    }
    let marks = [
        Some(mark("action", action)),
        Some(mark("type", resource_type)),
        resource_id.map(|id| mark("of", id)),
        user_id.map(|id| mark("by", id)),
    ];
    text + &marks.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A word that no text has, for what is filtered by.
fn mark(kind: &str, value: impl std::fmt::Display) -> String {
    format!("'{kind}={}'", value.to_string().replace(['\'', '\\'], ""))
}

/// The words and marks that a document has to have, or must not have.
fn asked(query: &SearchQuery) -> Vec<String> {
    let LogFilter { user_id, action, resource_type, resource_id, .. } = &query.filter;
    let marks = [
        user_id.map(|id| mark("by", id)),
        resource_id.map(|id| mark("of", id)),
        action.as_ref().map(|action| mark("action", action.as_str())),
        resource_type.as_ref().map(|kind| mark("type", kind.as_str())),
    ];
    words(&query.search).into_iter().chain(marks.into_iter().flatten()).collect()
}

fn words(search: &Search) -> Vec<String> {
    match search {
        Search::Id(id) => vec![format!("({} | {})", mark("of", id), mark("by", id))],
        Search::Words { wanted, unwanted } => {
            let unwanted = unwanted.iter().map(|word| format!("!{}", term(word)));
            wanted.iter().map(term).chain(unwanted).collect()
        }
    }
}

fn in_gin(query: &SearchQuery, reach: Reach, values: &mut Values) -> String {
    let asked = values.place(asked(query).join(" & "));
    let mut conditions = vec![format!("document @@ CAST({asked} AS TSQUERY)")];
    conditions.extend(query.filter.from.map(|from| format!("\"timestamp\" >= {}", values.place(from))));
    conditions.extend(query.filter.to.map(|to| format!("\"timestamp\" < {}", values.place(to))));
    let (order, limit) = ordered(query, values, &mut conditions, "");
    let reach = match reach {
        Reach::Few => format!("LIMIT {}", RANKED + 1),
        Reach::Newest => format!("ORDER BY {order} LIMIT {limit}"),
    };
    // Apart from the search, so that no more documents are ranked than are wanted.
    let rank = values.place(words(&query.search).join(" & "));
    format!(
        "SELECT sequence, CAST(ts_rank(document, CAST({rank} AS TSQUERY)) AS DOUBLE PRECISION) AS relevance FROM \
         (SELECT sequence, \"timestamp\", document FROM trail_search WHERE {} {reach}) AS found ORDER BY {order}",
        conditions.join(" AND ")
    )
}

fn term(term: &Term) -> String {
    format!("'{}'{}", term.word, if term.is_prefix { ":*" } else { "" })
}

fn in_fts5(query: &SearchQuery, values: &mut Values) -> String {
    let LogFilter { user_id, action, resource_type, resource_id, from, to } = &query.filter;
    let mut conditions = Vec::new();
    match &query.search {
        Search::Id(id) => {
            let id = values.place(*id);
            conditions.push(format!("(trail.resource_id = {id} OR trail.user_id = {id})"));
        }
        Search::Words { wanted, unwanted } => {
            let words = |terms: &[Term], between: &str| {
                let quoted =
                    |term: &Term| format!("\"{}\"{}", term.word, if term.is_prefix { "*" } else { "" });
                terms.iter().map(quoted).collect::<Vec<_>>().join(between)
            };
            let mut asked = format!("({})", words(wanted, " AND "));
            if !unwanted.is_empty() {
                asked += &format!(" NOT ({})", words(unwanted, " OR "));
            }
            conditions.push(format!("trail_search MATCH {}", values.place(asked)));
        }
    }
    conditions.extend(user_id.map(|id| format!("trail.user_id = {}", values.place(Uuid::from(id)))));
    conditions.extend(resource_id.map(|id| format!("trail.resource_id = {}", values.place(id))));
    conditions.extend(action.as_ref().map(|it| format!("trail.action = {}", values.place(it.as_str()))));
    conditions.extend(
        resource_type.as_ref().map(|it| format!("trail.resource_type = {}", values.place(it.as_str()))),
    );
    conditions.extend(from.map(|from| format!("trail.\"timestamp\" >= {}", values.place(from))));
    conditions.extend(to.map(|to| format!("trail.\"timestamp\" < {}", values.place(to))));
    let (order, limit) = ordered(query, values, &mut conditions, "trail.");
    format!(
        "SELECT trail.sequence AS sequence, head, body, personal \
         FROM trail JOIN trail_search ON trail_search.rowid = trail.sequence \
         WHERE {} ORDER BY {order} LIMIT {limit}",
        conditions.join(" AND ")
    )
}

/// The order in which matches are looked for, and how many: to be ranked, or to be shown.
fn ordered(
    query: &SearchQuery,
    values: &mut Values,
    conditions: &mut Vec<String>,
    table: &str,
) -> (String, u64) {
    let (time, number) = (format!("{table}\"timestamp\""), format!("{table}sequence"));
    match query.order {
        SearchOrder::Relevance { until, .. } => {
            conditions.extend(until.map(|until| format!("{number} <= {}", values.place(until))));
            (format!("{time} DESC, {number} DESC"), RANKED)
        }
        SearchOrder::Time { descending, after } => {
            let (sign, way) = if descending { ("<", "DESC") } else { (">", "ASC") };
            if let Some((at, sequence)) = after {
                let (at, sequence) = (values.place(at), values.place(sequence));
                conditions.push(format!("({time}, {number}) {sign} ({at}, {sequence})"));
            }
            (format!("{time} {way}, {number} {way}"), query.limit)
        }
    }
}
