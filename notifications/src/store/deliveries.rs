use chrono::Duration;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QuerySelect, Statement, Value, entity::prelude::*};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::{DeliveryId, EventId, UserId},
};

use super::entities::delivery::{Column, Entity, Model};
use crate::domain::{Channel, Delivery, Priority, SCRUBBED, Settlement, Status, Template, reason};

/// Which deliveries to claim.
pub enum Only {
    /// Whatever is due.
    Due,
    /// What is due of one priority.
    Of(Priority),
    /// These, if they are due; there is at least one.
    These(Vec<DeliveryId>),
}

/// Claims up to `count` deliveries that are due, the most urgent first; nobody else gets them for `lease`. Any number of
/// replicas may do so at once: the condition is checked again by the UPDATE itself.
///
/// # Errors
/// When the database refuses.
pub async fn claim(
    tx: &Tx,
    channels: &[Channel],
    only: &Only,
    count: u64,
    lease: Duration,
    now: Timestamp,
) -> Result<Vec<Delivery>, DbErr> {
    let quoted: Vec<_> = channels.iter().map(|channel| format!("'{}'", channel.as_str())).collect();
    let channels = quoted.join(", ");
    // A template that only a newer replica knows is left to it.
    let known: Vec<_> = Template::ALL.iter().map(|template| format!("'{template}'")).collect();
    let known = known.join(", ");
    let mut values: Vec<Value> =
        vec![now.into(), i64::try_from(count).unwrap_or(i64::MAX).into(), (now + lease).into()];
    let only = match only {
        Only::Due => String::new(),
        Only::Of(priority) => format!("AND priority = {}", priority.rank()),
        Only::These(ids) => {
            let places: Vec<_> =
                (values.len() + 1..).take(ids.len()).map(|place| format!("${place}")).collect();
            values.extend(ids.iter().map(|id| Value::from(id.0)));
            format!("AND id IN ({})", places.join(", "))
        }
    };
    let skip = if tx.db().is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let text = format!(
        "WITH due AS MATERIALIZED ( \
             SELECT id FROM deliveries WHERE status = 'pending' AND channel IN ({channels}) AND template IN ({known}) {only} \
             AND next_attempt_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY priority, next_attempt_at LIMIT $2 {skip} \
         ) \
         UPDATE deliveries SET lease_until = $3, claim = claim + 1 \
         WHERE id IN (SELECT id FROM due) AND status = 'pending' AND (lease_until IS NULL OR lease_until <= $1) \
         RETURNING *"
    );
    let rows =
        tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), &text, values)).await?;
    rows.iter().map(|row| delivery(Model::from_query_result(row, "")?)).collect()
}

/// Since when the mail that is due the longest is due, if one is.
///
/// # Errors
/// When the database refuses.
pub async fn oldest_due(conn: &impl ConnectionTrait, now: Timestamp) -> Result<Option<Timestamp>, DbErr> {
    let oldest: Option<Option<Timestamp>> = Entity::find()
        .filter(Column::Status.eq(Status::Pending.as_str()))
        .select_only()
        .column_as(Column::NextAttemptAt.min(), "oldest")
        .filter(Column::NextAttemptAt.lte(now))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(oldest.flatten())
}

/// Settles a claimed delivery. `false` when the claim was lost meanwhile, and nothing was written.
///
/// # Errors
/// When the database refuses.
pub async fn settle(tx: &Tx, delivery: &Delivery, to: &Settlement, now: Timestamp) -> Result<bool, DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(to.status.as_str()))
        .col_expr(Column::Attempts, Expr::value(to.attempts))
        .col_expr(Column::NextAttemptAt, Expr::value(to.next_attempt_at))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Timestamp>))
        .col_expr(Column::LastError, Expr::value(to.reason.clone()));
    if to.status == Status::Sent {
        update = update.col_expr(Column::SentAt, Expr::value(Some(now)));
    }
    if to.status != Status::Pending && delivery.template.is_secret() {
        update = update.col_expr(Column::Payload, Expr::value(SCRUBBED));
    }
    let done = update
        .filter(Column::Id.eq(delivery.id.0))
        .filter(Column::Status.eq(Status::Pending.as_str()))
        .filter(Column::Claim.eq(delivery.claim))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Makes due the mails that waited for this recipient to become known.
///
/// # Errors
/// When the database refuses.
pub async fn release(tx: &Tx, recipient: UserId, now: Timestamp) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::NextAttemptAt, Expr::value(now))
        .filter(Column::RecipientId.eq(recipient.0))
        .filter(Column::Status.eq(Status::Pending.as_str()))
        .filter(Column::LastError.eq(reason::UNKNOWN_RECIPIENT))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Takes everything personal out of somebody's deliveries, drops their list, and sends nothing more to them.
///
/// # Errors
/// When the database refuses.
pub async fn erase(tx: &Tx, recipient: UserId) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::RecipientId.eq(recipient.0))
        .filter(Column::Channel.eq(Channel::InApp.as_str()))
        .exec(&**tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(Status::Suppressed.as_str()))
        .col_expr(Column::LastError, Expr::value(reason::ERASED))
        .filter(Column::RecipientId.eq(recipient.0))
        .filter(Column::Status.is_in([Status::Pending.as_str(), Status::Collected.as_str()]))
        .exec(&**tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::Payload, Expr::value(SCRUBBED))
        .col_expr(Column::Address, Expr::value(None::<String>))
        .filter(Column::RecipientId.eq(recipient.0))
        .exec(&**tx)
        .await?;
    Ok(())
}

fn delivery(row: Model) -> Result<Delivery, DbErr> {
    Ok(Delivery {
        id: DeliveryId(row.id),
        cause: EventId(row.event_id),
        correlation_id: row.correlation_id,
        recipient: UserId(row.recipient_id),
        channel: row.channel.parse().map_err(|fault| DbErr::Type(format!("delivery {}: {fault}", row.id)))?,
        template: row
            .template
            .parse()
            .map_err(|fault| DbErr::Type(format!("delivery {}: {fault}", row.id)))?,
        payload: row.payload,
        address: row.address,
        attempts: row.attempts,
        claim: row.claim,
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}
