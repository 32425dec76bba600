//! PostgreSQL's full text: documents with an inverted index, by months.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use shared::{
    clock::Timestamp,
    db::{Transaction, Tx},
    rows::Insert,
};
use uuid::Uuid;

use super::{Indexed, Values, ask, ordered, wanted, way};
use crate::{
    domain::{Facts, LogFilter, Search, SearchOrder, SearchQuery, Term},
    store::BEGINNING,
};

/// How many lines are looked through one by one: first these, and then those, if the first let hope that it will do.
const LOOKED_THROUGH: [u64; 2] = [2_000, 20_000];
/// For which time behind them the index of words is asked first.
const FIRST_REACH: TimeDelta = TimeDelta::days(31);
/// How many times as long the next time is at most, and where nothing was found. Behind one that is so long comes all the rest.
const FARTHER: i32 = 12;
/// The least by which two moments differ in PostgreSQL.
const TICK: TimeDelta = TimeDelta::microseconds(1);
/// No event is younger.
const END: Timestamp = DateTime::from_timestamp(253_402_300_799, 0).expect("the end of the year 9999");

/// The first of the lines are looked through, whatever they are: of a common word there are enough among them, while the index of
/// words would have to gather every one that there is – ten thousand in a month of a word that one line in fifty has. Behind
/// them that index is asked, time after time until there are enough, so that it never gathers many more than are wanted.
pub(super) async fn find(tx: &Transaction, query: &SearchQuery) -> Result<Vec<QueryResult>, DbErr> {
    // Planned once for a connection: to plan for every month takes longer than to look through the newest.
    let limits = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL statement_timeout = '2s'; \
                  SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off";
    tx.execute_unprepared(limits).await?;
    let mut rest = Time::of(query);
    let wanted = wanted(query);
    let (mut found, mut looked_through) = (Vec::new(), 0);
    for lines in LOOKED_THROUGH {
        let (so_far, more) = (found.len() as u64, wanted - found.len() as u64);
        if rest.is_over() || so_far * lines < more * looked_through {
            break;
        }
        let mut values = Values::default();
        found.extend(ask(tx, line_by_line(query, &rest, lines, more, &mut values), values).await?);
        if found.len() as u64 == wanted {
            return Ok(found);
        }
        let mut values = Values::default();
        let edge = ask(tx, edge(query, &rest, lines, &mut values), values).await?;
        rest.split(query.order, edge.first().map(|row| row.try_get("", "timestamp")).transpose()?);
        looked_through += lines;
    }
    tx.execute_unprepared("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_indexscan = off").await?;
    let mut reach = FIRST_REACH;
    while found.len() as u64 != wanted && !rest.is_over() {
        let more = wanted - found.len() as u64;
        let next = rest.split(query.order, rest.behind(query.order, reach));
        let mut values = Values::default();
        let some = ask(tx, by_words(query, &next, more, &mut values), values).await?;
        reach = farther(reach, some.len() as u64, more);
        found.extend(some);
    }
    Ok(found)
}

/// How far to go on where some of those that are wanted were found: as far as should do, and half as far again.
fn farther(reach: TimeDelta, found: u64, wanted: u64) -> TimeDelta {
    if reach >= FIRST_REACH * FARTHER {
        return TimeDelta::MAX;
    }
    let times = ((wanted - found) * 3 / 2).div_ceil(found.max(1));
    reach * i32::try_from(times).unwrap_or(FARTHER).clamp(1, FARTHER)
}

/// From a moment on, and before another.
struct Time {
    from: Timestamp,
    to: Timestamp,
}

impl Time {
    fn conditions(&self, values: &mut Values) -> Vec<String> {
        let (from, to) = (values.place(self.from), values.place(self.to));
        vec![format!("\"timestamp\" >= {from}"), format!("\"timestamp\" < {to}")]
    }

    /// What is left to be looked through.
    fn of(query: &SearchQuery) -> Self {
        let (from, to) = (query.filter.from.unwrap_or(BEGINNING), query.filter.to.unwrap_or(END));
        match query.order {
            SearchOrder::Time { descending: true, after: Some((at, _)) } => {
                Self { from, to: to.min(at + TICK) }
            }
            SearchOrder::Time { descending: false, after: Some((at, _)) } => Self { from: from.max(at), to },
            _ => Self { from, to },
        }
    }

    fn is_over(&self) -> bool {
        self.from >= self.to
    }

    /// The moment up to which a length of it goes; none where that is all.
    fn behind(&self, order: SearchOrder, length: TimeDelta) -> Option<Timestamp> {
        let edge = if order.is_newest_first() {
            self.to.checked_sub_signed(length)
        } else {
            self.from.checked_add_signed(length)
        };
        edge.filter(|edge| (self.from..self.to).contains(edge))
    }

    /// Takes off what comes first, up to a moment and with it; all without one.
    fn split(&mut self, order: SearchOrder, edge: Option<Timestamp>) -> Self {
        let Self { from, to } = *self;
        if order.is_newest_first() {
            self.to = edge.unwrap_or(from);
            Self { from: self.to, to }
        } else {
            self.from = edge.map_or(to, |edge| edge + TICK);
            Self { from, to: self.from }
        }
    }
}

pub(super) const ADD: Insert<4> = Insert {
    into: "trail_search",
    columns: [
        ("sequence", "bigint"),
        ("timestamp", "timestamptz"),
        ("person_id", "uuid"),
        ("document", "tsvector"),
    ],
    then: "",
};

pub(super) fn row(line: &Indexed<'_>) -> [Value; 4] {
    [
        line.sequence.into(),
        line.facts.timestamp.into(),
        line.person.map(Uuid::from).into(),
        lexemes(line).into(),
    ]
}

/// The months of lines, each by its first moment.
pub(super) fn months(lines: &[Indexed<'_>]) -> BTreeSet<Timestamp> {
    lines.iter().map(|line| month(line.facts.timestamp)).collect()
}

pub(super) async fn make_partitions(tx: &Tx, months: BTreeSet<Timestamp>) -> Result<(), DbErr> {
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

/// When the last of so many lines happened; nothing where there are fewer.
fn edge(query: &SearchQuery, time: &Time, lines: u64, values: &mut Values) -> String {
    let (within, order) = lines_of(query, time, values);
    let but_one = lines - 1;
    format!("SELECT \"timestamp\" FROM trail_search WHERE {within} ORDER BY {order} OFFSET {but_one} LIMIT 1")
}

/// The matches among so many lines, and those of the same moment as the last of them.
fn line_by_line(query: &SearchQuery, time: &Time, lines: u64, limit: u64, values: &mut Values) -> String {
    let (within, order) = lines_of(query, time, values);
    let way = way(query);
    let first = format!(
        "(SELECT sequence, \"timestamp\", document FROM trail_search WHERE {within} \
         ORDER BY \"timestamp\" {way} FETCH FIRST {lines} ROWS WITH TIES) AS line WHERE TRUE"
    );
    matches(query, &first, &order, limit, values)
}

fn by_words(query: &SearchQuery, time: &Time, limit: u64, values: &mut Values) -> String {
    let (within, order) = lines_of(query, time, values);
    matches(query, &format!("trail_search WHERE {within}"), &order, limit, values)
}

/// What holds of the lines of a time that are still wanted, and their order.
fn lines_of(query: &SearchQuery, time: &Time, values: &mut Values) -> (String, String) {
    let mut conditions = time.conditions(values);
    let order = ordered(query, values, &mut conditions, "");
    (conditions.join(" AND "), order)
}

fn matches(query: &SearchQuery, lines: &str, order: &str, limit: u64, values: &mut Values) -> String {
    let (asked, limit) = (values.place(asked(query).join(" & ")), values.place(limit));
    // Apart from the search, so that no more documents are ranked than are wanted.
    let rank = values.place(words(&query.search).join(" & "));
    // How common a word is the planner shall not think of: it would read all that it knows of each month.
    format!(
        "SELECT sequence, CAST(ts_rank(document, CAST({rank} AS TSQUERY)) AS DOUBLE PRECISION) AS relevance \
         FROM (SELECT sequence, \"timestamp\", document FROM {lines} \
         AND document @@ (SELECT CAST({asked} AS TSQUERY)) ORDER BY {order} LIMIT {limit}) AS found ORDER BY {order}"
    )
}

fn term(term: &Term) -> String {
    format!("'{}'{}", term.word, if term.is_prefix { ":*" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_asked_for_as_far_as_should_do() {
        let farther = |reach, found, wanted| farther(TimeDelta::days(reach), found, wanted).num_days();
        assert_eq!(farther(31, 111, 196), 62, "nearly enough");
        assert_eq!(farther(31, 150, 160), 31, "more than enough");
        assert_eq!(farther(62, 20, 60), 186);
        assert_eq!([farther(31, 0, 200), farther(31, 1, 200)], [372, 372], "few or none");
        assert_eq!(farther(372, 50, 100), TimeDelta::MAX.num_days(), "all the rest");
    }
}
