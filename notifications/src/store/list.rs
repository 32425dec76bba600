use sea_orm::{
    Condition, ConnectionTrait, DbErr, ExprTrait, Order, QueryOrder, QuerySelect, entity::prelude::*,
};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::{DeliveryId, EventId, UserId},
};

use super::entities::delivery::{Column, Entity, Model};
use crate::domain::{Channel, Notification, Record, Status, Template, Window};

/// A part of somebody's list, by time.
///
/// # Errors
/// When the database refuses.
pub async fn window(
    conn: &impl ConnectionTrait,
    owner: UserId,
    window: &Window,
) -> Result<Vec<Notification>, DbErr> {
    let mut query = of(owner);
    if let Some(unread) = window.unread {
        query = query.filter(if unread { Column::ReadAt.is_null() } else { Column::ReadAt.is_not_null() });
    }
    if let Some((at, id)) = window.after {
        let (later, tie) = match window.descending {
            true => (Column::CreatedAt.lt(at), Column::Id.lt(id.0)),
            false => (Column::CreatedAt.gt(at), Column::Id.gt(id.0)),
        };
        query = query.filter(Condition::any().add(later).add(Column::CreatedAt.eq(at).and(tie)));
    }
    let order = if window.descending { Order::Desc } else { Order::Asc };
    let rows = query
        .order_by(Column::CreatedAt, order.clone())
        .order_by(Column::Id, order)
        .limit(window.limit)
        .all(conn)
        .await?;
    rows.into_iter().map(notification).collect()
}

/// How many somebody has not read yet.
///
/// # Errors
/// When the database refuses.
pub async fn unread(conn: &impl ConnectionTrait, owner: UserId) -> Result<u64, DbErr> {
    of(owner).filter(Column::ReadAt.is_null()).count(conn).await
}

/// One of somebody's notifications; nobody else's.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    conn: &impl ConnectionTrait,
    owner: UserId,
    id: DeliveryId,
) -> Result<Option<Notification>, DbErr> {
    of(owner).filter(Column::Id.eq(id.0)).one(conn).await?.map(notification).transpose()
}

/// Marks as read what is unread: one notification, or all that somebody has. The first reading counts.
///
/// # Errors
/// When the database refuses.
pub async fn mark_read(
    tx: &Tx,
    owner: UserId,
    only: Option<DeliveryId>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::ReadAt, Expr::value(Some(now)))
        .filter(mine(owner))
        .filter(Column::ReadAt.is_null());
    if let Some(id) = only {
        update = update.filter(Column::Id.eq(id.0));
    }
    update.exec(&**tx).await?;
    Ok(())
}

/// Everything that was ever to reach somebody, over every channel, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn ledger(conn: &impl ConnectionTrait, owner: UserId) -> Result<Vec<Record>, DbErr> {
    let rows = Entity::find()
        .filter(Column::RecipientId.eq(owner.0))
        .order_by(Column::CreatedAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(record).collect())
}

/// Every query on the list begins here, so that none of them can see another's list.
pub(super) fn of(owner: UserId) -> Select<Entity> {
    Entity::find().filter(mine(owner))
}

fn mine(owner: UserId) -> Condition {
    Condition::all()
        .add(Column::RecipientId.eq(owner.0))
        .add(Column::Channel.eq(Channel::InApp.as_str()))
        // What only a newer replica can render is shown by it.
        .add(Column::Template.is_in(Template::ALL.iter().map(|template| template.as_str())))
        // What they switched off is in the ledger only.
        .add(Column::Status.eq(Status::Sent.as_str()))
}

pub(super) fn notification(row: Model) -> Result<Notification, DbErr> {
    Ok(Notification {
        id: DeliveryId(row.id),
        template: row
            .template
            .parse()
            .map_err(|fault| DbErr::Type(format!("delivery {}: {fault}", row.id)))?,
        payload: row.payload,
        ticket: row.ticket_id.map(Into::into),
        created_at: row.created_at,
        read_at: row.read_at,
    })
}

pub(super) fn record(row: Model) -> Record {
    Record {
        id: DeliveryId(row.id),
        cause: EventId(row.event_id),
        recipient: UserId(row.recipient_id),
        channel: row.channel,
        template: row.template,
        status: row.status,
        payload: row.payload,
        address: row.address,
        ticket: row.ticket_id.map(Into::into),
        attempts: row.attempts,
        reason: row.last_error,
        next_attempt_at: row.next_attempt_at,
        digest: row.digest_id.map(DeliveryId),
        created_at: row.created_at,
        sent_at: row.sent_at,
        read_at: row.read_at,
        expires_at: row.expires_at,
    }
}
