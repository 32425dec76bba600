use sea_orm::DbErr;
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::UserId;

use crate::domain::Profile;
use crate::store;

/// Makes the profile of an account, unless it has one: the event and the account's first request may both come here,
/// in either order or at once.
///
/// # Errors
/// The database refuses or is away.
pub async fn begin(tx: &Tx, user_id: UserId, email: String, now: Timestamp) -> Result<(), DbErr> {
    store::insert_unless_there(tx, Profile::new(user_id, email, now)).await
}
