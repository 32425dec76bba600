use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};

use super::rows::{access, file};
use super::uploads::leave_file;
use crate::domain::File;

/// The files that were deleted before `before`, the longest deleted first.
///
/// # Errors
/// When the database refuses.
pub async fn to_purge(db: &Db, before: Timestamp, limit: u64) -> Result<Vec<File>, DbErr> {
    let rows = file::Entity::find()
        .filter(file::Column::DeletedAt.lt(before))
        .order_by_asc(file::Column::DeletedAt)
        .limit(limit)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(File::from).collect())
}

/// Removes the row of a deleted file, with the log of accesses to it, and leaves its object, in the same transaction, to the
/// sweeper. `false` when somebody else was here first.
///
/// # Errors
/// When the database refuses.
pub async fn purge(tx: &Tx, file: File, now: Timestamp) -> Result<bool, DbErr> {
    access::Entity::delete_many().filter(access::Column::FileId.eq(file.id.0)).exec(&**tx).await?;
    let purged = file::Entity::delete_many()
        .filter(file::Column::Id.eq(file.id.0))
        .filter(file::Column::IsDeleted.eq(true))
        .exec(&**tx)
        .await?;
    if purged.rows_affected == 0 {
        return Ok(false);
    }
    leave_file(tx, file, now).await?;
    Ok(true)
}
