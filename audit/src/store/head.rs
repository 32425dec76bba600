//! The end of the trail, and the checkpoints that are kept of it.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use shared::db::Tx;

use crate::domain::{Checkpoint, Hash};

const COLUMNS: &str = "sequence, hash, recorded_at, key_id, signature";

/// The end of the trail. None but whoever has founded it can tell of an empty one.
pub async fn head(conn: &impl ConnectionTrait) -> Result<Checkpoint, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM trail_head WHERE id = 1");
    ask(conn, &sql, []).await?.pop().ok_or_else(gone)
}

/// The same, and nobody else adds to the trail before the transaction ends: so numbers appear in the order of commits and
/// without gaps, and a reader that has seen number n has nothing to come below it.
pub async fn lock_head(tx: &Tx) -> Result<Checkpoint, DbErr> {
    // SQLite has one writer.
    let lock = if tx.db().is_postgres() { " FOR UPDATE" } else { "" };
    let rows = tx.rows(&format!("SELECT {COLUMNS} FROM trail_head WHERE id = 1{lock}"), []).await?;
    checkpoint(rows.first().ok_or_else(gone)?)
}

fn gone() -> DbErr {
    DbErr::RecordNotFound("the row of trail_head is gone".to_owned())
}

/// Founds an empty trail, where there is none yet.
pub async fn found(tx: &Tx, empty: &Checkpoint) -> Result<(), DbErr> {
    let sql = format!(
        "INSERT INTO trail_head (id, {COLUMNS}) VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
    );
    tx.run(&sql, values(empty)).await.map(drop)
}

/// The trail ends here now.
pub async fn move_head(tx: &Tx, head: &Checkpoint) -> Result<(), DbErr> {
    let sql = "UPDATE trail_head SET sequence = $1, hash = $2, recorded_at = $3, key_id = $4, signature = $5 WHERE id = 1";
    tx.run(sql, values(head)).await.map(drop)
}

/// Keeps the end of the trail as it is now; whether there was anything new to keep.
pub async fn keep_checkpoint(tx: &Tx) -> Result<bool, DbErr> {
    let sql = format!(
        "INSERT INTO checkpoints ({COLUMNS}) SELECT {COLUMNS} FROM trail_head WHERE sequence > 0 ON CONFLICT DO NOTHING"
    );
    tx.run(&sql, []).await.map(|kept| kept > 0)
}

/// Keeps a checkpoint that was signed of a row that is not the last any more, unless there is one.
pub(super) async fn keep(tx: &Tx, checkpoint: &Checkpoint) -> Result<(), DbErr> {
    let sql =
        format!("INSERT INTO checkpoints ({COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
    tx.run(&sql, values(checkpoint)).await.map(drop)
}

/// The checkpoints behind a row, in their order.
pub async fn checkpoints(
    conn: &impl ConnectionTrait,
    after: i64,
    limit: u64,
) -> Result<Vec<Checkpoint>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE sequence > $1 ORDER BY sequence LIMIT $2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    ask(conn, &sql, [after.into(), limit.into()]).await
}

/// The checkpoint at a row.
pub async fn checkpoint_at(conn: &impl ConnectionTrait, sequence: i64) -> Result<Option<Checkpoint>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE sequence = $1");
    Ok(ask(conn, &sql, [sequence.into()]).await?.pop())
}

/// The checkpoint behind which the trail begins, the rest having been put away; none while nothing was.
pub async fn retained(conn: &impl ConnectionTrait) -> Result<Option<Checkpoint>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM checkpoints WHERE sequence = (SELECT max(last_sequence) FROM archives)"
    );
    Ok(ask(conn, &sql, []).await?.pop())
}

async fn ask<const N: usize>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<Checkpoint>, DbErr> {
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    conn.query_all_raw(statement).await?.iter().map(checkpoint).collect()
}

fn values(checkpoint: &Checkpoint) -> [Value; 5] {
    [
        checkpoint.sequence.into(),
        checkpoint.hash.to_string().into(),
        checkpoint.recorded_at.into(),
        checkpoint.key_id.as_str().into(),
        checkpoint.signature.as_str().into(),
    ]
}

fn checkpoint(row: &QueryResult) -> Result<Checkpoint, DbErr> {
    Ok(Checkpoint {
        sequence: row.try_get("", "sequence")?,
        hash: parsed_hash(row.try_get("", "hash")?)?,
        recorded_at: row.try_get("", "recorded_at")?,
        key_id: row.try_get("", "key_id")?,
        signature: row.try_get("", "signature")?,
    })
}

pub(super) fn parsed_hash(text: String) -> Result<Hash, DbErr> {
    text.parse().map_err(|fault: crate::domain::HashFault| DbErr::Type(format!("{text}: {fault}")))
}
