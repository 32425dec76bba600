use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use shared::clock::Timestamp;
use shared::db::{Db, Tx};
use shared::ids::UserId;

use super::rows::file;
use crate::domain::File;

/// All files that somebody brought, the deleted ones too, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn uploaded_by(db: &Db, user: UserId) -> Result<Vec<File>, DbErr> {
    let rows = file::Entity::find()
        .filter(file::Column::UploadedBy.eq(user.0))
        .order_by_asc(file::Column::CreatedAt)
        .order_by_asc(file::Column::Id)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(File::from).collect())
}

/// Whether somebody was forgotten: what is about them and comes now, comes too late.
///
/// # Errors
/// When the database refuses.
pub async fn is_erased(tx: &Tx, user: UserId) -> Result<bool, DbErr> {
    let rows = tx.rows("SELECT 1 AS found FROM erased_people WHERE user_id = $1", [user.0.into()]).await?;
    Ok(!rows.is_empty())
}

/// Remembers that somebody was forgotten, and forgets from where and with what they read files. Their files stay: they
/// belong to the tickets.
///
/// # Errors
/// When the database refuses.
pub async fn erase(tx: &Tx, user: UserId, now: Timestamp) -> Result<(), DbErr> {
    tx.run(
        "INSERT INTO erased_people (user_id, erased_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING",
        [user.0.into(), now.into()],
    )
    .await?;
    tx.run(
        "UPDATE file_access_logs SET ip_address = NULL, user_agent = NULL WHERE user_id = $1",
        [user.0.into()],
    )
    .await
    .map(drop)
}
