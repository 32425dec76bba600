use sea_orm::{
    ActiveValue::Set, Condition, ConnectionTrait, DbErr, ExprTrait, IntoActiveModel, Order, QueryOrder,
    QuerySelect, entity::prelude::*,
};
use shared::{clock::Timestamp, db::Tx, ids::DeliveryId};

use super::{
    entities::delivery::{ActiveModel, Column, Entity, Model},
    list,
};
use crate::domain::{Record, Search, Status};

/// A part of the ledger, by time.
///
/// # Errors
/// When the database refuses.
pub async fn search(conn: &impl ConnectionTrait, search: &Search) -> Result<Vec<Record>, DbErr> {
    let mut query = Entity::find();
    if let Some(status) = search.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    if let Some(template) = search.template {
        query = query.filter(Column::Template.eq(template.as_str()));
    }
    if let Some(channel) = search.channel {
        query = query.filter(Column::Channel.eq(channel.as_str()));
    }
    if let Some(user) = search.recipient {
        query = query.filter(Column::RecipientId.eq(user.0));
    }
    if let Some(ticket) = search.ticket {
        query = query.filter(Column::TicketId.eq(Uuid::from(ticket)));
    }
    if let Some((at, id)) = search.after {
        let (later, tie) = match search.descending {
            true => (Column::CreatedAt.lt(at), Column::Id.lt(id.0)),
            false => (Column::CreatedAt.gt(at), Column::Id.gt(id.0)),
        };
        query = query.filter(Condition::any().add(later).add(Column::CreatedAt.eq(at).and(tie)));
    }
    let order = if search.descending { Order::Desc } else { Order::Asc };
    let rows = query
        .order_by(Column::CreatedAt, order.clone())
        .order_by(Column::Id, order)
        .limit(search.limit)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(list::record).collect())
}

/// One line, locked until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx, id: DeliveryId) -> Result<Option<Record>, DbErr> {
    // SQLite has no row locks and needs none: there is one writer.
    Ok(Entity::find_by_id(id.0).lock_exclusive().one(&**tx).await?.map(list::record))
}

/// Makes a delivery due again, with all its attempts before it.
///
/// # Errors
/// When the database refuses.
pub async fn again(tx: &Tx, id: DeliveryId, now: Timestamp) -> Result<Option<Record>, DbErr> {
    let Some(row) = Entity::find_by_id(id.0).one(&**tx).await? else { return Ok(None) };
    let mut row: ActiveModel = Model::into_active_model(row);
    row.status = Set(Status::Pending.as_str().to_owned());
    row.attempts = Set(0);
    row.next_attempt_at = Set(now);
    row.lease_until = Set(None);
    row.last_error = Set(None);
    Ok(Some(list::record(row.update(&**tx).await?)))
}
