//! What was counted, read.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use shared::clock::Timestamp;

use crate::domain::{Aspect, Dimension, Durations, Grain, Span, Sum, Tally};

/// A statement that is put together, with its values.
#[derive(Default)]
struct Question {
    sql: String,
    values: Vec<Value>,
}

impl Question {
    fn say(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.say(&format!("${}", self.values.len()))
    }

    /// The rows of one grain and dimension in a time, of these counters or of all.
    fn rows(
        &mut self,
        grain: Grain,
        dimension: &str,
        (from, to): (Timestamp, Timestamp),
        names: &[&str],
    ) -> &mut Self {
        self.say(" FROM metrics WHERE grain = ").value(grain.as_str());
        self.say(" AND dimension = ").value(dimension);
        self.say(" AND starts_at >= ").value(from).say(" AND starts_at < ").value(to);
        for (index, name) in names.iter().enumerate() {
            self.say(if index == 0 { " AND name IN (" } else { ", " }).value(*name);
        }
        self.say(if names.is_empty() { "" } else { ")" })
    }

    async fn ask(self, conn: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), self.sql, self.values);
        conn.query_all_raw(statement).await
    }
}

/// What these counters, or all of them, came to over a time: as wholes, or apart by an aspect. At most `limit` sums, the
/// greatest first, and how many there are.
pub async fn sums(
    conn: &impl ConnectionTrait,
    span: &Span,
    aspect: Option<Aspect>,
    names: &[&str],
    limit: u64,
) -> Result<(Vec<Sum>, i64), DbErr> {
    let mut question = Question::default();
    question.say(
        "SELECT name, value, CAST(SUM(count) AS BIGINT) AS count, CAST(SUM(timed) AS BIGINT) AS timed, \
         CAST(SUM(total_ms) AS BIGINT) AS total_ms, MIN(least_ms) AS least_ms, MAX(most_ms) AS most_ms, COUNT(*) OVER () AS sums \
         FROM (",
    );
    for (index, piece) in span.pieces().into_iter().enumerate() {
        question.say(if index == 0 { "" } else { " UNION ALL " });
        question.say("SELECT name, value, count, timed, total_ms, least_ms, most_ms");
        let dimension = aspect.map_or("", Aspect::as_str);
        question.rows(piece.grain, dimension, (piece.from, piece.to), names);
    }
    question.say(") AS piece GROUP BY name, value ORDER BY 3 DESC, name, value LIMIT ");
    question.value(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = question.ask(conn).await?;
    let sum = |row: &QueryResult| {
        Ok(Sum { name: row.try_get("", "name")?, value: row.try_get("", "value")?, tally: tally(row)? })
    };
    let count = rows.first().map_or(Ok(0), |row| row.try_get("", "sums"))?;
    Ok((rows.iter().map(sum).collect::<Result<_, DbErr>>()?, count))
}

/// What these counters, or this part of them, came to in each hour, day or month of a time in which there was anything, in
/// order.
pub async fn course(
    conn: &impl ConnectionTrait,
    span: &Span,
    grain: Grain,
    names: &[&str],
    part: Option<&Dimension>,
) -> Result<Vec<(String, Timestamp, Tally)>, DbErr> {
    let mut question = Question::default();
    question.say("SELECT name, starts_at, count, timed, total_ms, least_ms, most_ms");
    let dimension = part.map_or("", |part| part.aspect().as_str());
    question.rows(grain, dimension, (span.from(), span.to()), names);
    question.say(" AND value = ").value(part.map_or("", Dimension::value));
    question.say(" ORDER BY starts_at, name");
    let rows = question.ask(conn).await?;
    let point =
        |row: &QueryResult| Ok((row.try_get("", "name")?, row.try_get("", "starts_at")?, tally(row)?));
    rows.iter().map(point).collect()
}

fn tally(row: &QueryResult) -> Result<Tally, DbErr> {
    let extremes: (Option<i64>, Option<i64>) = (row.try_get("", "least_ms")?, row.try_get("", "most_ms")?);
    let (timed, total_ms) = (row.try_get("", "timed")?, row.try_get("", "total_ms")?);
    let durations = match extremes {
        (Some(least_ms), Some(most_ms)) => Some(Durations { count: timed, total_ms, least_ms, most_ms }),
        _ => None,
    };
    Ok(Tally { count: row.try_get("", "count")?, durations })
}
