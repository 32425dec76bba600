//! What is being made anew of the trail, and how far that has come.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use shared::{clock::Timestamp, db::Tx};

use crate::domain::{Derived, Rebuild};

const COLUMNS: &str = "derived, done, until, requested_at, finished_at";

/// All of them, by name.
pub async fn rebuilds(conn: &impl ConnectionTrait) -> Result<Vec<Rebuild>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM rebuilds ORDER BY derived");
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    rows.iter().map(read).collect()
}

/// It is to be made anew, from the beginning.
pub async fn request_rebuild(tx: &Tx, derived: Derived, now: Timestamp) -> Result<Rebuild, DbErr> {
    let sql = format!(
        "UPDATE rebuilds SET done = 0, until = NULL, requested_at = $2, finished_at = NULL WHERE derived = $1 \
         RETURNING {COLUMNS}"
    );
    let rows = tx.rows(&sql, [derived.as_str().into(), now.into()]).await?;
    read(rows.first().ok_or_else(|| DbErr::RecordNotFound("a row of rebuilds is gone".to_owned()))?)
}

/// One that is not finished.
pub async fn open_rebuild(tx: &Tx) -> Result<Option<Rebuild>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rebuilds WHERE finished_at IS NULL ORDER BY requested_at, derived LIMIT 1"
    );
    tx.rows(&sql, []).await?.first().map(read).transpose()
}

/// It has come so far.
pub async fn move_rebuild(tx: &Tx, rebuild: &Rebuild) -> Result<(), DbErr> {
    let sql = "UPDATE rebuilds SET done = $2, until = $3, finished_at = $4 WHERE derived = $1";
    let Rebuild { derived, done, until, finished_at, .. } = rebuild;
    tx.run(sql, [derived.as_str().into(), (*done).into(), (*until).into(), (*finished_at).into()])
        .await
        .map(drop)
}

fn read(row: &QueryResult) -> Result<Rebuild, DbErr> {
    let name: String = row.try_get("", "derived")?;
    let derived =
        name.parse().map_err(|fault: crate::domain::DerivedFault| DbErr::Type(fault.to_string()))?;
    Ok(Rebuild {
        derived,
        done: row.try_get("", "done")?,
        until: row.try_get("", "until")?,
        requested_at: row.try_get("", "requested_at")?,
        finished_at: row.try_get("", "finished_at")?,
    })
}
