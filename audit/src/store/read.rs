use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder,
    QuerySelect,
};
use shared::ids::{AuditLogId, UserId};
use uuid::Uuid;

use super::{head::parsed_hash, trail};
use crate::domain::{Facts, Link, LogFilter, LogsQuery};

/// A page of the log, by time.
pub async fn lines(conn: &impl ConnectionTrait, query: &LogsQuery) -> Result<Vec<Link>, DbErr> {
    use trail::Column::{EventId, Timestamp};
    let mut condition = matching(&query.filter);
    if let Some((timestamp, id)) = query.after {
        let id = Uuid::from(id);
        let (bound, beyond, tie) = match query.descending {
            true => (Timestamp.lte(timestamp), Timestamp.lt(timestamp), EventId.lt(id)),
            false => (Timestamp.gte(timestamp), Timestamp.gt(timestamp), EventId.gt(id)),
        };
        // The plain bound is what lets the database enter the index there; it cannot see that through the OR.
        condition = condition.add(bound).add(beyond.or(tie));
    }
    let order = if query.descending { Order::Desc } else { Order::Asc };
    let rows = trail::Entity::find()
        .filter(condition)
        .order_by(Timestamp, order.clone())
        .order_by(EventId, order)
        .limit(query.limit)
        .all(conn)
        .await?;
    rows.into_iter().map(link).collect()
}

/// The row of one line of the log.
pub async fn line(conn: &impl ConnectionTrait, id: AuditLogId) -> Result<Option<Link>, DbErr> {
    let of_event = trail::Column::EventId.eq(Uuid::from(id));
    trail::Entity::find().filter(of_event).one(conn).await?.map(link).transpose()
}

/// The rows behind a number that are about one person: what they did, and what was done to their account and to their
/// sessions, whoever did it.
pub async fn lines_on(
    conn: &impl ConnectionTrait,
    person: UserId,
    after: i64,
    limit: u64,
) -> Result<Vec<Link>, DbErr> {
    use trail::Column::{PersonId, ResourceType, Sequence, UserId};
    let own = ["user", "session"];
    let on_them = Condition::any()
        .add(UserId.eq(Uuid::from(person)))
        .add(PersonId.eq(Uuid::from(person)).and(ResourceType.is_in(own)));
    let rows = trail::Entity::find()
        .filter(on_them)
        .filter(Sequence.gt(after))
        .order_by(Sequence, Order::Asc)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(link).collect()
}

/// The rows with these numbers, in no order.
pub async fn links_at(
    conn: &impl ConnectionTrait,
    sequences: impl IntoIterator<Item = i64>,
) -> Result<Vec<Link>, DbErr> {
    let rows = trail::Entity::find().filter(trail::Column::Sequence.is_in(sequences)).all(conn).await?;
    rows.into_iter().map(link).collect()
}

/// The links behind a number, in order.
pub async fn feed(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<Link>, DbErr> {
    Ok(links(conn, after, limit).await?.into_iter().map(|(link, _)| link).collect())
}

/// The same, with what they are found by.
pub async fn links(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<(Link, Facts)>, DbErr> {
    let rows = trail::Entity::find()
        .filter(trail::Column::Sequence.gt(after))
        .order_by(trail::Column::Sequence, Order::Asc)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(|row| Ok((link(row.clone())?, facts(row)))).collect()
}

fn matching(filter: &LogFilter) -> Condition {
    use trail::Column::{Action, ResourceId, ResourceType, Timestamp, UserId};
    Condition::all()
        .add_option(filter.user_id.map(|id| UserId.eq(Uuid::from(id))))
        .add_option(filter.action.as_ref().map(|action| Action.eq(action.as_str())))
        .add_option(filter.resource_type.as_ref().map(|kind| ResourceType.eq(kind.as_str())))
        .add_option(filter.resource_id.map(|id| ResourceId.eq(id)))
        .add_option(filter.from.map(|from| Timestamp.gte(from)))
        .add_option(filter.to.map(|to| Timestamp.lt(to)))
}

fn link(row: trail::Model) -> Result<Link, DbErr> {
    Ok(Link {
        sequence: row.sequence,
        recorded_at: row.recorded_at,
        person_id: row.person_id.map(Into::into),
        sealed: row.sealed,
        envelope: row.envelope,
        hash: parsed_hash(row.hash)?,
    })
}

fn facts(row: trail::Model) -> Facts {
    Facts {
        event_id: row.event_id.into(),
        timestamp: row.timestamp,
        action: row.action,
        resource_type: row.resource_type,
        resource_id: row.resource_id,
        user_id: row.user_id.map(Into::into),
    }
}
