use sea_orm::{DbErr, EntityTrait};
use shared::db::Tx;

use super::{history_row, ticket_row};
use crate::domain::{Change, Ticket, TicketNumber};

/// The next number, which no other ticket has or will have. It is drawn before the ticket is stored because the ticket's
/// event bears it; a transaction that is rolled back leaves a gap.
///
/// # Errors
/// The database refuses or is away.
pub async fn next_number(tx: &Tx) -> Result<TicketNumber, DbErr> {
    let draw = match tx.db().is_postgres() {
        true => "SELECT nextval('ticket_number_seq') AS number",
        false => "INSERT INTO ticket_numbers DEFAULT VALUES RETURNING number",
    };
    let drawn = tx.rows(draw, []).await?;
    let row =
        drawn.first().ok_or_else(|| DbErr::RecordNotFound("a sequence always has a next value".into()))?;
    Ok(TicketNumber::new(row.try_get::<i64>("", "number")?.unsigned_abs()))
}

/// Saves what was decided: the ticket, its history and its events, all or nothing. This is the only way to write any
/// of them.
///
/// # Errors
/// The database refuses or is away.
pub async fn save(tx: &Tx, change: Change) -> Result<Ticket, DbErr> {
    let (ticket, history, events) = change.into_parts();
    ticket_row::Entity::insert(ticket_row::ActiveModel::from(&ticket)).exec_without_returning(&**tx).await?;
    let lines = history.into_iter().map(history_row::ActiveModel::from);
    history_row::Entity::insert_many(lines).exec_without_returning(&**tx).await?;
    tx.emit_all(events).await?;
    Ok(ticket)
}
