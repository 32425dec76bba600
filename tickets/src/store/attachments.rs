//! The files of tickets: a projection of what the files service says, in whatever order it arrives.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use shared::clock::Timestamp;
use shared::db::Tx;
use shared::ids::{AttachmentId, TicketId};

use super::attachment_row::{ActiveModel, Column, Entity};
use crate::domain::Attachment;

/// Notes a file as it was at this version of it, unless something newer is known; says whether it did.
///
/// # Errors
/// The database refuses or is away.
pub async fn note(
    tx: &Tx,
    file: &Attachment,
    version: i64,
    is_deleted: bool,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let row = ActiveModel {
        id: Set(AttachmentId::at(now).0),
        ticket_id: Set(file.ticket_id.0),
        file_id: Set(file.file_id.0),
        uploaded_by: Set(file.uploaded_by.0),
        file_name: Set(Some(file.file_name.clone())),
        file_size: Set(Some(file.file_size)),
        created_at: Set(file.created_at),
        file_version: Set(version),
        is_deleted: Set(is_deleted),
    };
    let newer = OnConflict::column(Column::FileId)
        .update_columns([Column::IsDeleted, Column::FileVersion])
        .action_and_where(Expr::col((Entity, Column::FileVersion)).lt(version))
        .to_owned();
    Ok(Entity::insert(row).on_conflict(newer).exec_without_returning(&**tx).await? > 0)
}

/// The files that a ticket has, the oldest first. There are ten at most.
///
/// # Errors
/// The database is away.
pub async fn of_ticket(db: &impl ConnectionTrait, ticket: TicketId) -> Result<Vec<Attachment>, DbErr> {
    let rows = Entity::find()
        .filter(Column::TicketId.eq(ticket.0))
        .filter(Column::IsDeleted.eq(false))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(Attachment::from).collect())
}
