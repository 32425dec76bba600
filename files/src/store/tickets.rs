use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::TicketId;

use super::one_at_a_time;
use super::rows::file;
use crate::domain::File;

/// Makes whoever else adds a file to a ticket, or takes them all away, wait until this transaction has ended.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &Tx, ticket: TicketId) -> Result<(), DbErr> {
    one_at_a_time(tx, ticket.0).await
}

/// Whether a ticket was deleted: a file for it comes too late. In a transaction that has [`hold`] behind it.
///
/// # Errors
/// When the database refuses.
pub async fn is_gone(tx: &Tx, ticket: TicketId) -> Result<bool, DbErr> {
    let rows = tx.rows("SELECT 1 AS found FROM gone_tickets WHERE ticket_id = $1", [ticket.0.into()]).await?;
    Ok(!rows.is_empty())
}

/// Remembers that a ticket was deleted. In a transaction that has [`hold`] behind it.
///
/// # Errors
/// When the database refuses.
pub async fn leave_ticket(tx: &Tx, ticket: TicketId, now: Timestamp) -> Result<(), DbErr> {
    tx.run(
        "INSERT INTO gone_tickets (ticket_id, gone_at) VALUES ($1, $2) ON CONFLICT (ticket_id) DO NOTHING",
        [ticket.0.into(), now.into()],
    )
    .await
    .map(drop)
}

/// The files that a ticket still has, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn left_in(tx: &Tx, ticket: TicketId) -> Result<Vec<File>, DbErr> {
    let rows = file::Entity::find()
        .filter(file::Column::TicketId.eq(ticket.0))
        .filter(file::Column::IsDeleted.eq(false))
        .order_by_asc(file::Column::CreatedAt)
        .order_by_asc(file::Column::Id)
        .all(&**tx)
        .await?;
    Ok(rows.into_iter().map(File::from).collect())
}
