use sea_orm::DbErr;
use shared::auth::Role;
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::UserId;

use crate::domain::{Account, Profile};
use crate::store;

/// Makes the profile of an account, or brings its copy of the account up to date. The event and the account's first
/// request may both come here, in either order or at once: one profile comes of it.
///
/// # Errors
/// The database refuses or is away.
pub async fn register(tx: &Tx, account: &Account, now: Timestamp) -> Result<(), DbErr> {
    store::register(tx, Profile::new(account, now), account).await
}

/// Notes an account's new role, unless something newer is known.
///
/// # Errors
/// The database refuses or is away.
pub async fn note_role(tx: &Tx, user_id: UserId, role: Role, version: i64) -> Result<(), DbErr> {
    store::set_role(tx, user_id, role, version).await
}

/// Notes whether an account may be used, unless something newer is known.
///
/// # Errors
/// The database refuses or is away.
pub async fn note_status(tx: &Tx, user_id: UserId, is_active: bool, version: i64) -> Result<(), DbErr> {
    store::set_active(tx, user_id, is_active, version).await
}
