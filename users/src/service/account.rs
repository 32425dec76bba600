use sea_orm::DbErr;
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::UserId;

use crate::domain::{Account, Known, Person};
use crate::store::{self, Shelf};

/// Makes the profile of an account, or brings its copy of the account up to date. The event and the account's first
/// request may both come here, in either order or at once: one profile comes of it. The erased stay so.
///
/// # Errors
/// The database refuses or is away.
pub async fn register(tx: &Tx, shelf: &Shelf, account: Account, now: Timestamp) -> Result<Known, DbErr> {
    let known = store::make(tx, &Person::new(account.clone(), now)).await?;
    learn(tx, shelf, known, |copy| copy.learn(account)).await
}

/// Notes what an event says of an account, unless something newer is known. `None` of one that nobody has heard of: its
/// registration is still to come, and would tell an older story.
///
/// # Errors
/// The database refuses or is away.
pub async fn note(
    tx: &Tx,
    shelf: &Shelf,
    user_id: UserId,
    lesson: impl FnOnce(&mut Account),
) -> Result<Option<Known>, DbErr> {
    let Some(known) = store::lock(tx, user_id).await? else { return Ok(None) };
    learn(tx, shelf, known, lesson).await.map(Some)
}

/// Erases somebody, for good: nothing late brings them back.
///
/// # Errors
/// The database refuses or is away.
pub async fn erase(tx: &Tx, shelf: &Shelf, user_id: UserId, now: Timestamp) -> Result<Known, DbErr> {
    let erased = store::erase(tx, user_id, now).await?;
    shelf.writes(tx, &erased);
    Ok(erased)
}

/// What is known once the copy of the account has learned something; what was known already is not written again.
pub(super) async fn learn(
    tx: &Tx,
    shelf: &Shelf,
    known: Known,
    lesson: impl FnOnce(&mut Account),
) -> Result<Known, DbErr> {
    let Known::Living(before) = known else { return Ok(known) };
    let mut person = *before.clone();
    lesson(&mut person.account);
    let known = match person == *before {
        true => Known::Living(before),
        false => store::note(tx, person).await?.into(),
    };
    shelf.writes(tx, &known);
    Ok(known)
}
