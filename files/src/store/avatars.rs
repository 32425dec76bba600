use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::{FileId, UserId};

use super::one_at_a_time;
use super::rows::avatar;
use super::uploads::leave;
use crate::domain::Avatar;

/// Somebody's picture.
///
/// # Errors
/// When the database refuses.
pub async fn avatar(conn: &impl ConnectionTrait, user: UserId) -> Result<Option<Avatar>, DbErr> {
    let row = avatar::Entity::find_by_id(user.0).one(conn).await?;
    Ok(row.map(Avatar::from))
}

/// Makes whoever else wants to change somebody's picture, or to forget them, wait until this transaction has ended.
///
/// # Errors
/// When the database refuses.
pub async fn sit(tx: &Tx, user: UserId) -> Result<(), DbErr> {
    one_at_a_time(tx, user.0).await
}

/// Makes this somebody's picture, whose object is in the bucket. That of an earlier one is left to the sweeper.
///
/// # Errors
/// When the database refuses.
pub async fn hang(tx: &Tx, avatar: &Avatar) -> Result<(), DbErr> {
    take_down(tx, avatar.user_id, avatar.created_at).await?;
    let row = avatar::ActiveModel {
        user_id: Set(avatar.user_id.0),
        file_id: Set(avatar.file_id.0),
        bucket_name: Set(avatar.bucket.clone()),
        file_path: Set(avatar.key.clone()),
        file_size: Set(avatar.size as i64),
        mime_type: Set(avatar.mime_type.clone()),
        file_hash: Set(avatar.hash.clone()),
        created_at: Set(avatar.created_at),
    };
    avatar::Entity::insert(row).exec_without_returning(&**tx).await.map(drop)
}

/// Removes somebody's picture, if there is one, and leaves its object to the sweeper. In a transaction that has
/// [`sit`] behind it.
///
/// # Errors
/// When the database refuses.
pub async fn take_down(tx: &Tx, user: UserId, now: Timestamp) -> Result<(), DbErr> {
    if let Some(old) = avatar(&**tx, user).await? {
        avatar::Entity::delete_by_id(user.0).exec(&**tx).await?;
        leave(tx, old, now).await?;
    }
    Ok(())
}

impl From<avatar::Model> for Avatar {
    fn from(row: avatar::Model) -> Self {
        Avatar {
            user_id: UserId(row.user_id),
            file_id: FileId(row.file_id),
            bucket: row.bucket_name,
            key: row.file_path,
            mime_type: row.mime_type,
            size: row.file_size as u64,
            hash: row.file_hash,
            created_at: row.created_at,
        }
    }
}
