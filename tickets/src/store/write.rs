use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use shared::db::Tx;

use super::{comment_row, history_row, search, ticket_row};
use crate::domain::{Change, ChangeParts, Ticket, TicketNumber};

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

/// Saves what was decided: the ticket, the comment, the history, what is searched, and the events, all or nothing. This
/// is the only way to write any of them. The ticket as it is now; nothing when it is no more.
///
/// # Errors
/// The database refuses or is away; [`DbErr::RecordNotUpdated`] when the ticket was not locked and somebody was quicker.
pub async fn save(tx: &Tx, change: Change) -> Result<Option<Ticket>, DbErr> {
    let ChangeParts { before, after, next_timer, comment, history, events } = change.into_parts();
    match (&before, &after) {
        (None, Some(ticket)) => {
            let row = ticket_row::row(ticket, next_timer);
            ticket_row::Entity::insert(row).exec_without_returning(&**tx).await?;
            search::add(tx, ticket).await?;
        }
        (Some(before), Some(ticket)) if ticket.version > before.version => {
            let updated = ticket_row::Entity::update_many()
                .set(ticket_row::row(ticket, next_timer))
                .filter(ticket_row::Column::Id.eq(ticket.id.0))
                .filter(ticket_row::Column::Version.eq(before.version))
                .exec(&**tx)
                .await?;
            if updated.rows_affected == 0 {
                return Err(DbErr::RecordNotUpdated);
            }
            if (&before.title, &before.description) != (&ticket.title, &ticket.description) {
                search::replace(tx, ticket).await?;
            }
        }
        (Some(before), None) => {
            search::remove(tx, before).await?;
            ticket_row::Entity::delete_by_id(before.id.0).exec(&**tx).await?;
        }
        // A line aside: the ticket is as it was.
        (Some(_), Some(_)) | (None, None) => {}
    }
    if let (Some(comment), Some(ticket)) = (comment, &after) {
        comment_row::Entity::insert(comment_row::ActiveModel::from(&comment))
            .exec_without_returning(&**tx)
            .await?;
        if !comment.is_internal {
            search::add_comment(tx, ticket, &comment).await?;
        }
    }
    if !history.is_empty() {
        let lines = history.into_iter().map(history_row::ActiveModel::from);
        history_row::Entity::insert_many(lines).exec_without_returning(&**tx).await?;
    }
    tx.emit_all(events).await?;
    Ok(after)
}
