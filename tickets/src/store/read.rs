use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use shared::ids::TicketId;

use super::ticket_row::{Column, Entity};
use crate::domain::{ListTickets, Place, SortKey, SortValue, Ticket, Visibility};

/// The ticket with this id, if it is there and in sight.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn find(
    db: &impl ConnectionTrait,
    id: TicketId,
    visibility: Visibility,
) -> Result<Option<Ticket>, DbErr> {
    let row = Entity::find_by_id(id.0).filter(in_sight(visibility)).one(db).await?;
    row.map(Ticket::try_from).transpose()
}

/// The tickets wanted, in their order. They are read by keyset: the database goes straight to the place behind which the
/// page begins, so page 10,000 costs what page 1 does.
///
/// # Errors
/// The database is away, or holds a row that is no ticket.
pub async fn list(db: &impl ConnectionTrait, wanted: &ListTickets) -> Result<Vec<Ticket>, DbErr> {
    let direction = if wanted.descending { Order::Desc } else { Order::Asc };
    let sort_column = sort_column(wanted.sort);
    let rows = Entity::find()
        .filter(in_sight(wanted.visibility))
        .filter(
            Condition::all()
                .add_option(wanted.status.map(|status| Column::Status.eq(status.as_str())))
                .add_option(wanted.priority.map(|priority| Column::Priority.eq(priority.as_str())))
                .add_option(wanted.category.as_ref().map(|category| Column::Category.eq(category.as_str())))
                .add_option(wanted.after.map(|place| behind(place, sort_column.clone(), wanted.descending))),
        )
        .order_by(sort_column, direction.clone())
        .order_by(Column::Id, direction)
        .limit(wanted.limit)
        .all(db)
        .await?;
    rows.into_iter().map(Ticket::try_from).collect()
}

fn in_sight(visibility: Visibility) -> Condition {
    match visibility {
        Visibility::Everyone => Condition::all(),
        Visibility::Only(requester) => Condition::all().add(Column::UserId.eq(requester.0)),
    }
}

fn sort_column(key: SortKey) -> Expr {
    match key {
        SortKey::CreatedAt => Expr::col(Column::CreatedAt),
        SortKey::UpdatedAt => Expr::col(Column::UpdatedAt),
        SortKey::DueDate => Expr::col(Column::DueDate),
        // The database makes this column of the priority, whose name does not sort.
        SortKey::Priority => Expr::col("priority_rank"),
    }
}

/// `(value, id) > (place's value, place's id)`, as one comparison of rows: an index can begin there.
fn behind(place: Place, sort_column: Expr, descending: bool) -> Expr {
    let value = match place.value {
        SortValue::Time(at) => Value::from(at),
        SortValue::Priority(priority) => Value::from(priority.rank()),
    };
    let row = Expr::tuple([sort_column, Expr::col(Column::Id)]);
    let from = Expr::tuple([Expr::val(value), Expr::val(place.id.0)]);
    if descending { row.lt(from) } else { row.gt(from) }
}
