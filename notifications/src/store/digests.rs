use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, prelude::Uuid};
use shared::{
    clock::Timestamp,
    db::{Db, Tx},
    ids::{EventId, UserId},
};

use super::entities::delivery::Model;
use crate::domain::Collected;

/// Somebody's mails that waited for each other.
#[derive(Debug)]
pub struct Gathered {
    /// What the oldest of them answers.
    pub cause: EventId,
    /// The request that it began with.
    pub correlation_id: Option<String>,
    /// All of them, the oldest first.
    pub items: Vec<Collected>,
}

/// Some of those whose window is over.
///
/// # Errors
/// When the database refuses.
pub async fn due(db: &Db, now: Timestamp) -> Result<Vec<UserId>, DbErr> {
    let text = "SELECT DISTINCT recipient_id FROM deliveries WHERE status = 'collected' AND next_attempt_at <= $1 \
                LIMIT 100";
    let rows = db.conn().query_all_raw(db.sql(text, [now.into()])).await?;
    rows.iter().map(|row| row.try_get::<Uuid>("", "recipient_id").map(UserId)).collect()
}

/// Takes what is due of one person; of two replicas at once the second finds nothing.
///
/// # Errors
/// When the database refuses.
pub async fn gather(tx: &Tx, recipient: UserId, now: Timestamp) -> Result<Option<Gathered>, DbErr> {
    let text = "UPDATE deliveries SET status = 'digested', last_error = 'went with others' \
                WHERE recipient_id = $1 AND status = 'collected' AND next_attempt_at <= $2 RETURNING *";
    let rows = tx.rows(text, [recipient.0.into(), now.into()]).await?;
    let mut rows = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| (row.created_at, row.id));
    let Some(first) = rows.first() else { return Ok(None) };
    Ok(Some(Gathered {
        cause: EventId(first.event_id),
        correlation_id: first.correlation_id.clone(),
        items: rows
            .iter()
            .map(|row| Collected {
                template: row.template.clone(),
                payload: row.payload.clone(),
                at: row.created_at,
            })
            .collect(),
    }))
}

/// Notes which delivery took them along.
///
/// # Errors
/// When the database refuses.
pub async fn mark(tx: &Tx, recipient: UserId, cause: EventId) -> Result<(), DbErr> {
    let text = "UPDATE deliveries SET digest_id = ( \
                    SELECT id FROM deliveries AS d WHERE d.event_id = $2 AND d.recipient_id = $1 \
                    AND d.channel = 'email' AND d.template = 'digest' \
                ) WHERE recipient_id = $1 AND status = 'digested' AND digest_id IS NULL";
    tx.run(text, [recipient.0.into(), cause.0.into()]).await.map(|_| ())
}
