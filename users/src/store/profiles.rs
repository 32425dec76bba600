use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use shared::db::Tx;
use shared::ids::UserId;

use super::activity_row;
use super::profile_row::{Column, Entity, edited_row};
use crate::domain::{Change, Profile};

/// The profile of a user, if there is one yet.
///
/// # Errors
/// The database is away.
pub async fn find(db: &impl ConnectionTrait, user_id: UserId) -> Result<Option<Profile>, DbErr> {
    let row = Entity::find().filter(Column::UserId.eq(user_id.0)).one(db).await?;
    Ok(row.map(Profile::from))
}

/// The same, and nobody else edits it before the transaction ends: PostgreSQL locks the row, SQLite has one writer.
///
/// # Errors
/// The database is away.
pub async fn find_for_edit(tx: &Tx, user_id: UserId) -> Result<Option<Profile>, DbErr> {
    let row = Entity::find().filter(Column::UserId.eq(user_id.0)).lock_exclusive().one(&**tx).await?;
    Ok(row.map(Profile::from))
}

/// Saves an edit: the profile, the activity and the events, all or nothing.
///
/// # Errors
/// The database refuses or is away.
pub async fn save(tx: &Tx, change: Change) -> Result<Profile, DbErr> {
    let (profile, activity, events) = change.into_parts();
    Entity::update(edited_row(&profile)).exec_without_returning(&**tx).await?;
    activity_row::Entity::insert(activity_row::ActiveModel::from(activity))
        .exec_without_returning(&**tx)
        .await?;
    tx.emit_all(events).await?;
    Ok(profile)
}
