//! How many events each person has caused up to the ends of days. A row of the metrics for each person and month is much to add
//! up; two of these say the same. They follow from the metrics, and never say anything else.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use shared::{clock::Timestamp, db::Tx};

use super::{BEGINNING, sums};
use crate::domain::{Aspect, Grain, Measure, Parts, Span, Standing};

/// Who caused most events in a time, and how many people caused any; `None` where no standing helps.
pub(super) async fn people(
    conn: &impl ConnectionTrait,
    span: &Span,
    limit: u32,
) -> Result<Option<Parts>, DbErr> {
    let sql = "SELECT until, people FROM standings WHERE until IN \
               ((SELECT max(until) FROM standings WHERE until <= $1), (SELECT max(until) FROM standings WHERE until <= $2)) \
               ORDER BY until DESC";
    let values = [span.from().into(), span.to().into()];
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    let rows = conn.query_all_raw(statement).await?;
    let until = |row: &QueryResult| row.try_get::<Timestamp>("", "until");
    let Some(last) = rows.first() else { return Ok(None) };
    if until(last)? <= span.from() {
        return Ok(None);
    }
    let mut standing = read(last)?.and(since(conn, until(last)?, span.to()).await?);
    // Where none is as old, nothing was counted before: the first one ends where the first day begins.
    if let Some(first) = rows.get(1) {
        standing = standing.without(read(first)?).without(since(conn, until(first)?, span.from()).await?);
    }
    Ok(Some(standing.greatest(limit)))
}

/// The day to be added up next, if it is over by `now`.
pub async fn next_day(conn: &impl ConnectionTrait, now: Timestamp) -> Result<Option<Span>, DbErr> {
    let sql = "SELECT starts_at FROM metrics WHERE grain = 'day' AND dimension = 'user' \
               AND starts_at >= coalesce((SELECT max(until) FROM standings), $1) ORDER BY starts_at LIMIT 1";
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, [BEGINNING.into()]);
    let Some(row) = conn.query_one_raw(statement).await? else { return Ok(None) };
    let day = Span::whole(Grain::Day, row.try_get("", "starts_at")?);
    Ok(Some(day).filter(|day| day.to() <= now))
}

/// Makes the next one out of the last, unless the day is not over by `now`; whether it did. Whoever calls it keeps those who count
/// waiting.
pub async fn advance(tx: &Tx, now: Timestamp) -> Result<bool, DbErr> {
    let Some(day) = next_day(&**tx, now).await? else { return Ok(false) };
    let last = tx.rows("SELECT people FROM standings ORDER BY until DESC LIMIT 1", []).await?;
    let (until, standing) = match last.first() {
        None => (day.from(), Standing::default()),
        Some(last) => (day.to(), read(last)?.and(sums::by_user(&**tx, &day).await?)),
    };
    let keep = "INSERT INTO standings (until, people) VALUES ($1, $2)";
    tx.run(keep, [until.into(), standing.to_bytes().into()]).await?;
    Ok(true)
}

/// Takes all of them away if the last one says anything else than what is counted; whether it did. An event that is missing in one is missing
/// in all that follow.
pub async fn forget_wrong(tx: &Tx) -> Result<bool, DbErr> {
    let sql = "SELECT until, people FROM standings WHERE until IN \
               ((SELECT min(until) FROM standings), (SELECT max(until) FROM standings)) ORDER BY until";
    let rows = tx.rows(sql, []).await?;
    let [first, last] = &rows[..] else { return Ok(false) };
    let counted = since(&**tx, first.try_get("", "until")?, last.try_get("", "until")?).await?;
    let is_wrong = counted != read(last)?;
    if is_wrong {
        forget_all(tx).await?;
    }
    Ok(is_wrong)
}

/// Takes away those in which these are missing.
pub(super) fn make_way<'a>(
    tx: &'a Tx,
    measures: &[Measure],
) -> impl Future<Output = Result<(), DbErr>> + use<'a> {
    let of_people = |it: &&Measure| it.dimension.as_ref().is_some_and(|part| part.aspect() == Aspect::User);
    let first = measures.iter().filter(of_people).map(|it| it.hour).min();
    async move {
        let Some(first) = first else { return Ok(()) };
        tx.run("DELETE FROM standings WHERE until > $1", [first.into()]).await.map(drop)
    }
}

/// Takes all of them away: as many are made anew.
pub(super) async fn forget_all(tx: &Tx) -> Result<(), DbErr> {
    tx.run("DELETE FROM standings", []).await.map(drop)
}

fn read(row: &QueryResult) -> Result<Standing, DbErr> {
    let people: Vec<u8> = row.try_get("", "people")?;
    Standing::of_bytes(&people).map_err(|fault| DbErr::Type(fault.to_string()))
}

async fn since(conn: &impl ConnectionTrait, from: Timestamp, to: Timestamp) -> Result<Standing, DbErr> {
    match Span::between(from, to) {
        Some(span) => sums::by_user(conn, &span).await,
        None => Ok(Standing::default()),
    }
}
