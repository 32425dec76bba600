//! Everything that is stored on one person.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use shared::ids::UserId;

use super::{attachment_row, comment_row, history_row, ticket_row};
use crate::domain::{Attachment, Comment, HistoryEntry, Ticket};

/// What is stored on a person, the oldest first.
#[derive(Debug)]
pub struct Export {
    /// The tickets that they opened.
    pub tickets: Vec<Ticket>,
    /// What they wrote, on whichever ticket.
    pub comments: Vec<Comment>,
    /// What they did, to whichever ticket.
    pub history: Vec<HistoryEntry>,
    /// The files that they brought.
    pub attachments: Vec<Attachment>,
}

/// Gathers it.
///
/// # Errors
/// The database is away, or holds a row that cannot be read.
pub async fn export(db: &impl ConnectionTrait, user: UserId) -> Result<Export, DbErr> {
    let id = user.0;
    let tickets = ticket_row::Entity::find().filter(ticket_row::Column::UserId.eq(id));
    let tickets = tickets.order_by_asc(ticket_row::Column::CreatedAt).order_by_asc(ticket_row::Column::Id);
    let comments = comment_row::Entity::find().filter(comment_row::Column::UserId.eq(id));
    let comments =
        comments.order_by_asc(comment_row::Column::CreatedAt).order_by_asc(comment_row::Column::Id);
    let history = history_row::Entity::find().filter(history_row::Column::UserId.eq(id));
    let history = history.order_by_asc(history_row::Column::CreatedAt).order_by_asc(history_row::Column::Id);
    let attachments = attachment_row::Entity::find()
        .filter(attachment_row::Column::UploadedBy.eq(id))
        .filter(attachment_row::Column::IsDeleted.eq(false));
    let attachments = attachments.order_by_asc(attachment_row::Column::CreatedAt);
    Ok(Export {
        tickets: tickets.into_model().all(db).await?,
        comments: comments.all(db).await?.into_iter().map(Comment::from).collect(),
        history: history.all(db).await?.into_iter().map(HistoryEntry::try_from).collect::<Result<_, _>>()?,
        attachments: attachments.all(db).await?.into_iter().map(Attachment::from).collect(),
    })
}
