use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::{FileId, TicketId};

use super::rows::upload;
use crate::domain::{FileError, Limits, Upload, Usage};

/// Holds room in its ticket.
const PENDING: &str = "pending";
/// Holds none; the sweeper removes it, and its object first.
const ABANDONED: &str = "abandoned";

/// What a ticket holds: its files, and the uploads that are being stored.
///
/// One statement, so one moment: between two, an upload that becomes a file would be seen in neither table.
///
/// # Errors
/// When the database refuses.
pub async fn usage(db: &Db, conn: &impl ConnectionTrait, ticket: TicketId) -> Result<Usage, DbErr> {
    // The sizes are few, and summed here: a sum is a decimal on one database and a whole number on the other.
    let sizes = db.sql(
        "SELECT file_size FROM files WHERE ticket_id = $1 AND NOT is_deleted \
         UNION ALL SELECT file_size FROM uploads WHERE ticket_id = $1 AND status = 'pending'",
        [ticket.0.into()],
    );
    let mut usage = Usage::default();
    for row in conn.query_all_raw(sizes).await? {
        usage.files += 1;
        usage.bytes += row.try_get_by_index::<i64>(0)? as u64;
    }
    Ok(usage)
}

/// Holds room for an upload in its ticket, or says which limit it would pass. Of any number at once, only as many get
/// room as there is.
///
/// # Errors
/// When the database refuses.
pub async fn reserve(
    tx: &Tx,
    upload: &Upload,
    bucket: &str,
    limits: &Limits,
    now: Timestamp,
) -> Result<Result<(), FileError>, DbErr> {
    if tx.db().is_postgres() {
        // One reservation at a time for a ticket: without it two that count at once both see the last place free. On
        // SQLite there is one writer anyway. The random half of the id is its lock's number.
        let lock = upload.ticket_id.0.as_u64_pair().1 as i64;
        tx.run("SELECT pg_advisory_xact_lock($1)", [lock.into()]).await?;
    }
    if let Err(full) = limits.admit(usage(tx.db(), &**tx, upload.ticket_id).await?, upload.size) {
        return Ok(Err(full));
    }
    let row = upload::ActiveModel {
        id: Set(upload.id.0),
        ticket_id: Set(upload.ticket_id.0),
        bucket_name: Set(bucket.to_owned()),
        file_path: Set(upload.key()),
        file_size: Set(upload.size as i64),
        status: Set(PENDING.to_owned()),
        started_at: Set(now),
    };
    upload::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(Ok(()))
}

/// Ends a reservation because the file takes its place, in the transaction that writes the file. `false` when the
/// sweeper was here first: then the object is gone or going, and the file must not be written.
///
/// # Errors
/// When the database refuses.
pub async fn release(tx: &Tx, id: FileId) -> Result<bool, DbErr> {
    let released = upload::Entity::delete_many()
        .filter(upload::Column::Id.eq(id.0))
        .filter(upload::Column::Status.eq(PENDING))
        .exec(&**tx)
        .await?;
    Ok(released.rows_affected == 1)
}

/// Gives an upload's room back and leaves its object to the sweeper. `false` when it is pending no more.
///
/// # Errors
/// When the database refuses.
pub async fn abandon(tx: &Tx, id: FileId) -> Result<bool, DbErr> {
    let abandoned = upload::Entity::update_many()
        .col_expr(upload::Column::Status, Expr::value(ABANDONED))
        .filter(upload::Column::Id.eq(id.0))
        .filter(upload::Column::Status.eq(PENDING))
        .exec(&**tx)
        .await?;
    Ok(abandoned.rows_affected == 1)
}

/// Forgets an upload whose object is certainly not in the bucket.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &Tx, id: FileId) -> Result<(), DbErr> {
    upload::Entity::delete_by_id(id.0).exec(&**tx).await.map(drop)
}

/// An upload that never became a file.
pub struct Stale {
    /// The id that the file would have had.
    pub id: FileId,
    /// Where its bytes may lie.
    pub key: String,
    /// Whether it still holds room.
    pub pending: bool,
}

/// The oldest uploads that began before `before`, and how many there are in all.
///
/// # Errors
/// When the database refuses.
pub async fn stale(db: &Db, before: Timestamp, limit: u64) -> Result<(Vec<Stale>, u64), DbErr> {
    let query = upload::Entity::find().filter(upload::Column::StartedAt.lt(before));
    let count = query.clone().count(db.conn()).await?;
    let rows = query.order_by_asc(upload::Column::StartedAt).limit(limit).all(db.conn()).await?;
    let stale = rows.into_iter().map(|row| Stale {
        id: FileId(row.id),
        pending: row.status == PENDING,
        key: row.file_path,
    });
    Ok((stale.collect(), count))
}
