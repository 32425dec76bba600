//! What was put away as files, and the rows that go once they are.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use shared::{clock::Timestamp, db::Tx};

use crate::domain::{Archive, Checkpoint, Contents};

const COLUMNS: &str = "first_sequence, last_sequence, first_recorded_at, last_recorded_at, object, file_hash, file_size, \
                       archived_at, key_id, signature";

/// The archives whose last row is behind a number, in their order.
pub async fn archives(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<Archive>, DbErr> {
    let sql =
        format!("SELECT {COLUMNS} FROM archives WHERE last_sequence > $1 ORDER BY last_sequence LIMIT $2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    ask(conn, &sql, [after.into(), limit.into()]).await?.iter().map(archive).collect()
}

/// The archive that ends with a row.
pub async fn archive_at(conn: &impl ConnectionTrait, last: i64) -> Result<Option<Archive>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM archives WHERE last_sequence = $1");
    ask(conn, &sql, [last.into()]).await?.first().map(archive).transpose()
}

/// When the first row that is in the table was recorded.
pub async fn oldest(conn: &impl ConnectionTrait) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT recorded_at FROM trail ORDER BY sequence LIMIT 1";
    ask(conn, sql, []).await?.first().map(|row| row.try_get("", "recorded_at")).transpose()
}

/// Keeps rows and archives as they are for whoever reads in this transaction; to be asked for before anything else. A row's
/// going is not a matter of snapshots on PostgreSQL: a table that was dropped is gone for all.
pub async fn keep_still(conn: &impl ConnectionTrait) -> Result<(), DbErr> {
    if conn.get_database_backend() == sea_orm::DbBackend::Postgres {
        conn.execute_unprepared("LOCK TABLE trail IN ACCESS SHARE MODE").await?;
    }
    Ok(())
}

/// Whoever reads the trail for long is not waited for: what wants to read or to add would wait behind us.
pub async fn do_not_wait(tx: &Tx) -> Result<(), DbErr> {
    if tx.db().is_postgres() {
        tx.run("SET LOCAL lock_timeout = '2s'", []).await?;
    }
    Ok(())
}

/// The last row of those that were recorded before a moment.
pub async fn last_before(tx: &Tx, moment: Timestamp) -> Result<Option<i64>, DbErr> {
    let rows =
        tx.rows("SELECT max(sequence) AS last FROM trail WHERE recorded_at < $1", [moment.into()]).await?;
    rows.first().map_or(Ok(None), |row| row.try_get("", "last"))
}

/// These parts of the trail lie in files now, and end with this checkpoint: the rows of their month go, and the checkpoints
/// that the files have too.
pub async fn put_away(
    tx: &Tx,
    archives: &[Archive],
    month: Timestamp,
    end: &Checkpoint,
) -> Result<(), DbErr> {
    for archive in archives {
        let sql =
            format!("INSERT INTO archives ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        tx.run(&sql, values(archive)).await?;
    }
    super::head::keep(tx, end).await?;
    tx.run("DELETE FROM checkpoints WHERE sequence < $1", [end.sequence.into()]).await?;
    if tx.db().is_postgres() {
        tx.rows("SELECT drop_trail_partition($1)", [month.into()]).await?;
    } else {
        tx.run("DELETE FROM trail WHERE sequence <= $1", [end.sequence.into()]).await?;
    }
    Ok(())
}

async fn ask<const N: usize>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<QueryResult>, DbErr> {
    conn.query_all_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await
}

fn values(archive: &Archive) -> [Value; 10] {
    let it = &archive.contents;
    [
        it.first_sequence.into(),
        it.last_sequence.into(),
        it.first_recorded_at.into(),
        it.last_recorded_at.into(),
        it.object.as_str().into(),
        it.file_hash.as_str().into(),
        it.file_size.into(),
        archive.archived_at.into(),
        archive.key_id.as_str().into(),
        archive.signature.as_str().into(),
    ]
}

fn archive(row: &QueryResult) -> Result<Archive, DbErr> {
    Ok(Archive {
        contents: Contents {
            first_sequence: row.try_get("", "first_sequence")?,
            last_sequence: row.try_get("", "last_sequence")?,
            first_recorded_at: row.try_get("", "first_recorded_at")?,
            last_recorded_at: row.try_get("", "last_recorded_at")?,
            object: row.try_get("", "object")?,
            file_hash: row.try_get("", "file_hash")?,
            file_size: row.try_get("", "file_size")?,
        },
        archived_at: row.try_get("", "archived_at")?,
        key_id: row.try_get("", "key_id")?,
        signature: row.try_get("", "signature")?,
    })
}
