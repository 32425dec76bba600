//! The copy of auth's account beside each profile. `account_version` says how new it is, and every write asks it.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, UpdateMany};
use shared::auth::Role;
use shared::db::Tx;
use shared::ids::UserId;

use super::profile_row::{Column, Entity, new_row};
use crate::domain::{Account, Profile};

/// Inserts a new profile with the copy of its account; where there is one already, only the copy is renewed, and only
/// by a newer one.
///
/// # Errors
/// The database refuses or is away.
pub async fn register(tx: &Tx, profile: Profile, account: &Account) -> Result<(), DbErr> {
    let renew = OnConflict::column(Column::UserId)
        .update_columns([Column::Email, Column::Role, Column::AccountVersion])
        .action_and_where(Expr::col((Entity, Column::AccountVersion)).lt(account.version))
        .to_owned();
    Entity::insert(new_row(profile, account)).on_conflict(renew).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Sets the copy of the role.
///
/// # Errors
/// The database refuses or is away.
pub async fn set_role(tx: &Tx, user_id: UserId, role: Role, version: i64) -> Result<(), DbErr> {
    newer(user_id, version).col_expr(Column::Role, Expr::value(role.to_string())).exec(&**tx).await?;
    Ok(())
}

/// Sets the copy of whether the account may be used.
///
/// # Errors
/// The database refuses or is away.
pub async fn set_active(tx: &Tx, user_id: UserId, is_active: bool, version: i64) -> Result<(), DbErr> {
    newer(user_id, version).col_expr(Column::IsActive, Expr::value(is_active)).exec(&**tx).await?;
    Ok(())
}

/// An update of the copy that touches it only where it is older than `version`.
fn newer(user_id: UserId, version: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::AccountVersion, Expr::value(version))
        .filter(Column::UserId.eq(user_id.0))
        .filter(Column::AccountVersion.lt(version))
}
