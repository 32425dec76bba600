//! What was written on a ticket and what happened to it.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    Select, Value,
};
use shared::clock::Timestamp;
use shared::ids::TicketId;
use uuid::Uuid;

use super::{comment_row, history_row};
use crate::domain::{Comment, HistoryEntry, Visibility};

/// A page of a ticket's story.
#[derive(Debug, Clone, Copy)]
pub struct Chapter {
    /// The ticket.
    pub ticket: TicketId,
    /// Who reads: what agents write for each other is left out for others.
    pub visibility: Visibility,
    /// Behind which moment and id it begins.
    pub after: Option<(Timestamp, Uuid)>,
    /// The newest first.
    pub descending: bool,
    /// How many at most.
    pub limit: u64,
}

/// What was written.
///
/// # Errors
/// The database is away.
pub async fn comments(db: &impl ConnectionTrait, chapter: &Chapter) -> Result<Vec<Comment>, DbErr> {
    use comment_row::Column::{CreatedAt, Id, IsInternal, TicketId};
    let rows =
        chapter.read(comment_row::Entity::find(), [TicketId, IsInternal, CreatedAt, Id]).all(db).await?;
    Ok(rows.into_iter().map(Comment::from).collect())
}

/// What happened.
///
/// # Errors
/// The database is away, or holds a row that is no line of a history.
pub async fn history(db: &impl ConnectionTrait, chapter: &Chapter) -> Result<Vec<HistoryEntry>, DbErr> {
    use history_row::Column::{CreatedAt, Id, IsInternal, TicketId};
    let rows =
        chapter.read(history_row::Entity::find(), [TicketId, IsInternal, CreatedAt, Id]).all(db).await?;
    rows.into_iter().map(HistoryEntry::try_from).collect()
}

/// All that happened, in no order. Of what agents write for each other the ticket itself knows nothing.
///
/// # Errors
/// The database is away, or holds a row that is no line of a history.
pub async fn whole_history(db: &impl ConnectionTrait, ticket: TicketId) -> Result<Vec<HistoryEntry>, DbErr> {
    let rows = history_row::Entity::find()
        .filter(history_row::Column::TicketId.eq(ticket.0))
        .filter(history_row::Column::IsInternal.eq(false))
        .all(db)
        .await?;
    rows.into_iter().map(HistoryEntry::try_from).collect()
}

impl Chapter {
    /// Its rows, of a table with these columns for the ticket, whether it is for agents only, the moment, and the id.
    fn read<E: EntityTrait, C: ColumnTrait>(&self, rows: Select<E>, columns: [C; 4]) -> Select<E> {
        let [ticket, internal, moment, id] = columns;
        let public = (!self.visibility.includes_internal()).then(|| internal.eq(false));
        let order = if self.descending { Order::Desc } else { Order::Asc };
        let behind = self.after.map(|(at, after)| {
            let from = Expr::tuple([Expr::val(Value::from(at)), Expr::val(after)]);
            let row = Expr::tuple([Expr::col(moment), Expr::col(id)]);
            if self.descending { row.lt(from) } else { row.gt(from) }
        });
        rows.filter(ticket.eq(self.ticket.0))
            .filter(Condition::all().add_option(public).add_option(behind))
            .order_by(moment, order.clone())
            .order_by(id, order)
            .limit(self.limit)
    }
}
