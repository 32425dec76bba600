//! What was counted, read.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use shared::{clock::Timestamp, ids::UserId};

use super::standings;
use crate::domain::{Aspect, Dimension, Durations, EVENTS, Grain, Parts, Piece, Span, Standing, Tally};

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
    fn rows(&mut self, piece: &Piece, dimension: &str, names: &[&str]) -> &mut Self {
        self.say(" FROM metrics WHERE grain = ").value(piece.grain.as_str());
        self.say(" AND dimension = ").value(dimension);
        self.say(" AND starts_at >= ").value(piece.from).say(" AND starts_at < ").value(piece.to);
        for (index, name) in names.iter().enumerate() {
            self.say(if index == 0 { " AND name IN (" } else { ", " }).value(*name);
        }
        self.say(if names.is_empty() { "" } else { ")" })
    }

    /// The rows of a whole time, in the coarsest grains that make it up.
    fn span(&mut self, columns: &str, span: &Span, dimension: &str, names: &[&str]) -> &mut Self {
        for (index, piece) in span.pieces().iter().enumerate() {
            self.say(if index == 0 { "(SELECT " } else { " UNION ALL SELECT " }).say(columns);
            self.rows(piece, dimension, names);
        }
        self.say(") AS piece")
    }

    async fn ask(self, conn: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), self.sql, self.values);
        conn.query_all_raw(statement).await
    }
}

/// What every counter came to over a time, by name.
pub async fn totals(conn: &impl ConnectionTrait, span: &Span) -> Result<Vec<(String, Tally)>, DbErr> {
    let mut question = Question::default();
    question.say(
        "SELECT name, CAST(SUM(count) AS BIGINT) AS count, CAST(SUM(timed) AS BIGINT) AS timed, \
         CAST(SUM(total_ms) AS BIGINT) AS total_ms, MIN(least_ms) AS least_ms, MAX(most_ms) AS most_ms FROM ",
    );
    question.span("name, count, timed, total_ms, least_ms, most_ms", span, "", &[]);
    question.say(" GROUP BY name ORDER BY name");
    let rows = question.ask(conn).await?;
    rows.iter().map(|row| Ok((row.try_get("", "name")?, tally(row)?))).collect()
}

/// A counter taken apart by an aspect over a time. There may be as many parts as there are people: no more than `limit` are
/// told, the greatest.
pub async fn parts(
    conn: &impl ConnectionTrait,
    span: &Span,
    name: &str,
    aspect: Aspect,
    limit: u32,
) -> Result<Parts, DbErr> {
    if (name, aspect) == (EVENTS, Aspect::User)
        && let Some(people) = standings::people(conn, span, limit).await?
    {
        return Ok(people);
    }
    let mut question = Question::default();
    question.say("SELECT value, CAST(SUM(count) AS BIGINT) AS count, COUNT(*) OVER () AS parts FROM ");
    question.span("value, count", span, aspect.as_str(), &[name]);
    question.say(" GROUP BY value ORDER BY 2 DESC, value LIMIT ").value(limit);
    let rows = question.ask(conn).await?;
    let part = |row: &QueryResult| Ok((row.try_get("", "value")?, row.try_get("", "count")?));
    Ok(Parts {
        greatest: rows.iter().map(part).collect::<Result<_, DbErr>>()?,
        count: rows.first().map_or(Ok(0), |row| row.try_get("", "parts"))?,
    })
}

/// How many events each person caused in a time.
pub(super) async fn by_user(conn: &impl ConnectionTrait, span: &Span) -> Result<Standing, DbErr> {
    let mut question = Question::default();
    question.say("SELECT value, CAST(SUM(count) AS BIGINT) AS count FROM ");
    question.span("value, count", span, Aspect::User.as_str(), &[EVENTS]);
    question.say(" GROUP BY value");
    let person = |row: &QueryResult| {
        let person: String = row.try_get("", "value")?;
        let person =
            person.parse().map_err(|fault| DbErr::Type(format!("{person} is no person: {fault}")))?;
        Ok::<(UserId, i64), _>((person, row.try_get("", "count")?))
    };
    question.ask(conn).await?.iter().map(person).collect()
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
    question.rows(&Piece { grain, from: span.from(), to: span.to() }, dimension, names);
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
