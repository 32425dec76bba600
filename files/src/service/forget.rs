use sea_orm::DbErr;
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::UserId;

use crate::store;

/// Forgets somebody whose account has ended: their picture goes, and from where and with what they read files. The files
/// stay, which belong to the story of their tickets. Once or often, it is the same.
///
/// # Errors
/// The database refuses or is away.
pub async fn person(tx: &Tx, user: UserId, now: Timestamp) -> Result<(), DbErr> {
    store::sit(tx, user).await?;
    store::take_down(tx, user, now).await?;
    store::erase(tx, user, now).await
}
