use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::{FileId, TicketId};

use super::{one_at_a_time, rows::upload};
use crate::domain::{Avatar, File, FileError, Limits, Portrait, Upload, Usage};

/// Is being stored, and holds room in its ticket.
const PENDING: &str = "pending";
/// Nobody wants it: the sweeper removes it, and its object first.
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
    // Without it two that count at once both see the last place free.
    one_at_a_time(tx, upload.ticket_id.0).await?;
    if let Err(full) = limits.admit(usage(tx.db(), &**tx, upload.ticket_id).await?, upload.size) {
        return Ok(Err(full));
    }
    let object = Object { bucket, key: upload.key(), size: upload.size };
    note(tx, upload.id, Some(upload.ticket_id), object, PENDING, now).await.map(Ok)
}

/// Notes that a picture is being stored. It needs nobody's room.
///
/// # Errors
/// When the database refuses.
pub async fn announce(tx: &Tx, portrait: &Portrait, bucket: &str, now: Timestamp) -> Result<(), DbErr> {
    let object = Object { bucket, key: portrait.key(), size: portrait.size };
    note(tx, portrait.id, None, object, PENDING, now).await
}

/// Leaves the object of a picture whose row goes, in the same transaction, to the sweeper.
///
/// # Errors
/// When the database refuses.
pub(super) async fn leave(tx: &Tx, avatar: Avatar, now: Timestamp) -> Result<(), DbErr> {
    let object = Object { bucket: &avatar.bucket, key: avatar.key, size: avatar.size };
    note(tx, avatar.file_id, None, object, ABANDONED, now).await
}

/// Leaves the object of a file whose row goes, in the same transaction, to the sweeper.
///
/// # Errors
/// When the database refuses.
pub(super) async fn leave_file(tx: &Tx, file: File, now: Timestamp) -> Result<(), DbErr> {
    let object = Object { bucket: &file.bucket, key: file.key, size: file.size };
    note(tx, file.id, None, object, ABANDONED, now).await
}

struct Object<'a> {
    bucket: &'a str,
    key: String,
    size: u64,
}

async fn note(
    tx: &Tx,
    id: FileId,
    ticket: Option<TicketId>,
    object: Object<'_>,
    status: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    let row = upload::ActiveModel {
        id: Set(id.0),
        ticket_id: Set(ticket.map(Uuid::from)),
        bucket_name: Set(object.bucket.to_owned()),
        file_path: Set(object.key),
        file_size: Set(object.size as i64),
        status: Set(status.to_owned()),
        started_at: Set(now),
    };
    upload::Entity::insert(row).exec_without_returning(&**tx).await.map(drop)
}

/// Ends a reservation because a file or a picture takes its place, in the transaction that writes its row. `false` when
/// the sweeper was here first: then the object is gone or going, and the row must not be written.
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

/// An object that has no row, and for so long that it will have none.
pub struct Stale {
    /// The id that the file would have had, or that the picture had.
    pub id: FileId,
    /// The bucket in which it may lie.
    pub bucket: String,
    /// Where there.
    pub key: String,
    /// Whether somebody may still be storing it.
    pub pending: bool,
}

/// The oldest objects that have been without a row since before `before`, and how many there are in all.
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
        bucket: row.bucket_name,
        key: row.file_path,
    });
    Ok((stale.collect(), count))
}
