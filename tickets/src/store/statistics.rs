//! Counting. Only what `idx_tickets_statistics` and its like hold is read, never the tickets themselves.

use chrono::{Days, NaiveDate};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use shared::clock::Timestamp;
use shared::db::Transaction;

use super::ticket_row::unreadable;
use crate::domain::{Statistics, Tally};

/// How many categories are told apart; they are free text, and there may be as many as tickets.
const CATEGORIES: i64 = 100;
/// For how many days the openings are counted.
const DAYS: u64 = 30;

/// All of it, as of `now`. To be asked in a transaction: for its length the indexes are preferred to the table, which is
/// many times their size and which the planner takes for cheaper where it believes in turning disks.
///
/// # Errors
/// The database is away, or holds a word that is no status or priority.
pub async fn statistics(db: &Transaction, now: Timestamp) -> Result<Statistics, DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
    }
    count(db, now).await
}

/// The questions themselves.
pub(super) async fn count(db: &impl ConnectionTrait, now: Timestamp) -> Result<Statistics, DbErr> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let rows = |sql: String, values: Vec<Value>| {
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        async move { db.query_all_raw(statement).await }
    };
    let tallies = rows(tally(is_postgres), Vec::new()).await?;
    let tallies = tallies.iter().map(read_tally).collect::<Result<Vec<_>, _>>()?;

    let sql = "SELECT category, count(*) AS count FROM tickets GROUP BY category ORDER BY count(*) DESC, category LIMIT $1";
    let categories = rows(sql.to_owned(), vec![CATEGORIES.into()]).await?;
    let categories = categories.iter().map(|row| Ok((row.try_get("", "category")?, number(row, "count")?)));
    let categories = categories.collect::<Result<Vec<_>, DbErr>>()?;

    let today = now.date_naive();
    let first = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
    let sql = match is_postgres {
        true => {
            "SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*) AS count FROM tickets WHERE created_at >= $1 GROUP BY 1"
        }
        false => {
            "SELECT date(created_at) AS day, count(*) AS count FROM tickets WHERE created_at >= $1 GROUP BY 1"
        }
    };
    let midnight = first.and_time(chrono::NaiveTime::MIN).and_utc();
    let mut opened = std::collections::HashMap::new();
    for row in rows(sql.to_owned(), vec![midnight.into()]).await? {
        opened.insert(row.try_get::<String>("", "day")?, number(&row, "count")?);
    }
    let on = |day: NaiveDate| (day, opened.get(&day.to_string()).copied().unwrap_or(0));
    let created = first.iter_days().take_while(|day| *day <= today).map(on).collect();
    Ok(Statistics::of(&tallies, categories, created))
}

/// Grouped as the index is sorted, so that nothing is sorted to be counted.
fn tally(is_postgres: bool) -> String {
    let seconds = |until: &str| match is_postgres {
        true => format!("coalesce(extract(epoch FROM sum({until} - created_at))::float8, 0.0)"),
        false => format!("coalesce(sum(julianday({until}) - julianday(created_at)) * 86400.0, 0.0)"),
    };
    format!(
        "SELECT status, priority, assigned_to, response_alert, resolution_alert, count(*) AS count, \
         count(responded_at) AS responded, {} AS response_seconds, count(resolved_at) AS resolved, {} AS resolution_seconds \
         FROM tickets GROUP BY status, priority, assigned_to, response_alert, resolution_alert",
        seconds("responded_at"),
        seconds("resolved_at"),
    )
}

fn read_tally(row: &QueryResult) -> Result<Tally, DbErr> {
    let word = |column: &str| row.try_get::<String>("", column);
    let count = |column: &str| number(row, column);
    Ok(Tally {
        status: word("status")?.parse().map_err(unreadable)?,
        priority: word("priority")?.parse().map_err(unreadable)?,
        assigned_to: row.try_get::<Option<uuid::Uuid>>("", "assigned_to")?.map(Into::into),
        response_alert: word("response_alert")?.parse().map_err(unreadable)?,
        resolution_alert: word("resolution_alert")?.parse().map_err(unreadable)?,
        count: count("count")?,
        responded: (count("responded")?, row.try_get("", "response_seconds")?),
        resolved: (count("resolved")?, row.try_get("", "resolution_seconds")?),
    })
}

fn number(row: &QueryResult, column: &str) -> Result<u64, DbErr> {
    Ok(row.try_get::<i64>("", column)?.unsigned_abs())
}
