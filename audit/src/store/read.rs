use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Statement, sea_query::Expr,
};
use shared::ids::{AuditLogId, UserId};
use uuid::Uuid;

use super::{audit_logs, raw_events};
use crate::domain::{FeedItem, LogFilter, LogLine, LogsQuery, Origin, Resource};

/// A page of the log, by time.
pub async fn logs(conn: &impl ConnectionTrait, query: &LogsQuery) -> Result<Vec<LogLine>, DbErr> {
    use audit_logs::Column::{Id, Timestamp};
    let mut condition = matching(&query.filter);
    if let Some((timestamp, id)) = query.after {
        let id = Uuid::from(id);
        let (bound, beyond, tie) = match query.descending {
            true => (Timestamp.lte(timestamp), Timestamp.lt(timestamp), Id.lt(id)),
            false => (Timestamp.gte(timestamp), Timestamp.gt(timestamp), Id.gt(id)),
        };
        // The plain bound is what lets the database enter the index there; it cannot see that through the OR.
        condition = condition.add(bound).add(beyond.or(tie));
    }
    let order = if query.descending { Order::Desc } else { Order::Asc };
    let rows = audit_logs::Entity::find()
        .filter(condition)
        .order_by(Timestamp, order.clone())
        .order_by(Id, order)
        .limit(query.limit)
        .all(conn)
        .await?;
    rows.into_iter().map(read_line).collect()
}

/// One line of the log.
pub async fn log(conn: &impl ConnectionTrait, id: AuditLogId) -> Result<Option<LogLine>, DbErr> {
    audit_logs::Entity::find_by_id(Uuid::from(id)).one(conn).await?.map(read_line).transpose()
}

/// The lines behind a number that are about one person: what they did, and what was done to their account and to their
/// sessions, whoever did it.
pub async fn lines_on(
    conn: &impl ConnectionTrait,
    person: UserId,
    after: i64,
    limit: u64,
) -> Result<Vec<LogLine>, DbErr> {
    use audit_logs::Column::{FeedSequence, ResourceId, ResourceType, UserId};
    let kind = |resource: Resource| ResourceType.eq(resource.name());
    // A session's line names the session; whose it was stands among its details.
    let owner = Expr::cust("details ->> 'userId'").eq(person.to_string());
    let on_them = Condition::any()
        .add(UserId.eq(Uuid::from(person)))
        .add(kind(Resource::User).and(ResourceId.eq(person.to_string())))
        .add(kind(Resource::Session).and(owner));
    let rows = audit_logs::Entity::find()
        .filter(on_them)
        .filter(FeedSequence.gt(after))
        .order_by(FeedSequence, Order::Asc)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(read_line).collect()
}

/// The events behind a number, in order.
pub async fn feed(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<FeedItem>, DbErr> {
    let rows = raw_events::Entity::find()
        .filter(raw_events::Column::FeedSequence.gt(after))
        .order_by(raw_events::Column::FeedSequence, Order::Asc)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(read_item).collect()
}

/// The last number that was given.
pub async fn feed_end(conn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let sql = "SELECT next - 1 AS last FROM feed_counter WHERE id = 1";
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the row of feed_counter is gone".to_owned()))?
        .try_get("", "last")
}

fn matching(filter: &LogFilter) -> Condition {
    use audit_logs::Column::{Action, ResourceId, ResourceType, Timestamp, UserId};
    Condition::all()
        .add_option(filter.user_id.map(|id| UserId.eq(Uuid::from(id))))
        .add_option(filter.action.as_ref().map(|action| Action.eq(action.as_str())))
        .add_option(filter.resource_type.as_ref().map(|kind| ResourceType.eq(kind.as_str())))
        .add_option(filter.resource_id.map(|id| ResourceId.eq(id.to_string())))
        .add_option(filter.from.map(|from| Timestamp.gte(from)))
        .add_option(filter.to.map(|to| Timestamp.lt(to)))
}

fn read_line(row: audit_logs::Model) -> Result<LogLine, DbErr> {
    let resource_id = row.resource_id.map(|id| id.parse()).transpose();
    Ok(LogLine {
        id: row.id.into(),
        sequence: row.feed_sequence,
        event_id: row.event_id.into(),
        timestamp: row.timestamp,
        user_id: row.user_id.map(Into::into),
        action: row.action,
        resource_type: row.resource_type,
        resource_id: resource_id
            .map_err(|fault: uuid::Error| DbErr::Type(format!("resource_id: {fault}")))?,
        details: row.details,
        origin: Origin { ip: row.ip_address, user_agent: row.user_agent },
        correlation_id: row.correlation_id,
        service: row.service,
        service_sequence: row.service_sequence,
        recorded_at: row.created_at,
    })
}

fn read_item(row: raw_events::Model) -> Result<FeedItem, DbErr> {
    let event = serde_json::from_str(&row.envelope)
        .map_err(|fault| DbErr::Type(format!("raw event {}: {fault}", row.feed_sequence)))?;
    Ok(FeedItem { sequence: row.feed_sequence, received_at: row.received_at, event })
}
