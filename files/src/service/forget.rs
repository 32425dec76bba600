use sea_orm::DbErr;
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::{TicketId, UserId};

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

/// Takes the files of a deleted ticket away with it, on behalf of who deleted it, and lets none come later.
///
/// # Errors
/// The database refuses or is away; [`DbErr::RecordNotUpdated`] when somebody deletes one of the files at this moment.
pub async fn ticket(tx: &Tx, ticket: TicketId, by: Option<UserId>, now: Timestamp) -> Result<(), DbErr> {
    store::hold(tx, ticket).await?;
    store::leave_ticket(tx, ticket, now).await?;
    for file in store::left_in(tx, ticket).await? {
        store::save(tx, file.go_with_its_ticket(by, now)).await?;
    }
    Ok(())
}
