//! The messages that a consumer gave up on: listed, and handled once more when what was wrong has been mended.

use std::borrow::Cow;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use sha2::{Digest, Sha256};
use tracing::Instrument;
use uuid::{Builder, Uuid};

use super::{Fault, Handler, Message};
use crate::{
    clock::Timestamp,
    db::{Cause, Db, Tx},
    http::is_passing,
    ids::{EventId, FailedEventId},
};

const COLUMNS: &str =
    "id, consumer, event_id, event_type, subject, envelope, error, attempts, failed_at, resolved_at";

/// What stands for the type of a message that could not be read at all.
pub(super) const UNREADABLE: &str = "?";

/// Stands for the id of a message that has none: one row for each text, however often it comes. UUIDs of version 8 are
/// free for such; those of events are of version 7.
pub(super) fn id_of_text(subject: &str, text: &str) -> EventId {
    let hash = Sha256::new().chain_update(subject).chain_update([0]).chain_update(text).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    EventId::from(Builder::from_custom_bytes(id).into_uuid())
}

/// Whether it is the id of a message, rather than one that stands for it.
fn is_own(id: Uuid) -> bool {
    !id.is_nil() && id.get_version_num() != 8
}

/// A message that its consumer gave up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedEvent {
    /// The row.
    pub id: FailedEventId,
    /// Who gave up.
    pub consumer: String,
    /// The message, if that much of it could be made out.
    pub event_id: Option<EventId>,
    /// Its type, likewise.
    pub event_type: Option<String>,
    /// Where it came by.
    pub subject: String,
    /// The message as it came: an envelope, or whatever it is. Of a command there is nothing.
    pub envelope: String,
    /// The fault, in words.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it failed last.
    pub failed_at: Timestamp,
    /// When it was handled after all.
    pub resolved_at: Option<Timestamp>,
}

/// A page of failed events to be read, by the time of their failing.
#[derive(Clone, Debug)]
pub struct FailedQuery {
    /// Only those that were handled after all, or only those that were not.
    pub resolved: Option<bool>,
    /// The newest first.
    pub descending: bool,
    /// The last one on the page before.
    pub after: Option<(Timestamp, FailedEventId)>,
    /// At most so many.
    pub limit: u64,
}

/// What came of trying once more.
#[derive(Clone, Debug)]
pub enum Retried {
    /// It is handled.
    Done(FailedEvent),
    /// It failed again, for this reason.
    Failed(String),
    /// It was handled before.
    Resolved,
    /// There is no such one.
    Unknown,
}

/// The failed events of a service that match.
///
/// # Errors
/// When the database refuses.
pub async fn failed_events(db: &Db, query: &FailedQuery) -> Result<Vec<FailedEvent>, DbErr> {
    let mut values: Vec<Value> = Vec::new();
    let mut wanted = vec!["1 = 1".to_owned()];
    if let Some(resolved) = query.resolved {
        wanted.push(format!("resolved_at IS {}", if resolved { "NOT NULL" } else { "NULL" }));
    }
    let (beyond, order) = if query.descending { ("<", "DESC") } else { (">", "ASC") };
    if let Some((at, id)) = query.after {
        values.extend([at.into(), Uuid::from(id).into()]);
        wanted.push(format!("(failed_at, id) {beyond} ($1, $2)"));
    }
    let select = format!(
        "SELECT {COLUMNS} FROM failed_events WHERE {} ORDER BY failed_at {order}, id {order} LIMIT {}",
        wanted.join(" AND "),
        query.limit
    );
    let statement = Statement::from_sql_and_values(db.conn().get_database_backend(), select, values);
    db.conn().query_all_raw(statement).await?.iter().map(read).collect()
}

/// Handles a failed event once more, as its consumer would: inbox and effect in one transaction, in which the row is
/// marked as resolved. What was handled meanwhile, through a replay, is only marked. When it fails again, nothing of it is
/// committed but the fault and one attempt more.
///
/// # Errors
/// When the database is away: then nothing is known and nothing was counted.
pub async fn retry_failed<M: Message>(
    db: &Db,
    consumer: &'static str,
    id: FailedEventId,
    handler: &impl Handler<M>,
) -> Result<Retried, DbErr> {
    let now = db.clock().now();
    let tx = db.begin().await?;
    // Whoever else tries the same waits for this row, and then finds it resolved.
    let claim = format!(
        "UPDATE failed_events SET attempts = attempts + 1, resolved_at = $3 \
         WHERE id = $1 AND consumer = $2 AND resolved_at IS NULL RETURNING {COLUMNS}"
    );
    let claimed = tx.rows(&claim, [Uuid::from(id).into(), consumer.into(), now.into()]).await?;
    let Some(row) = claimed.first() else {
        let known = "SELECT 1 FROM failed_events WHERE id = $1 AND consumer = $2";
        let known = tx.rows(known, [Uuid::from(id).into(), consumer.into()]).await?;
        return Ok(if known.is_empty() { Retried::Unknown } else { Retried::Resolved });
    };
    let event = read(row)?;
    match handle(&tx, consumer, &event, handler).await {
        Ok(()) => {
            tx.commit().await?;
            tracing::info!(consumer, failed_event = %id, "a failed event was handled after all");
            Ok(Retried::Done(event))
        }
        Err(fault) => {
            drop(tx);
            note(db, consumer, id, fault, now).await
        }
    }
}

async fn handle<M: Message>(
    tx: &Tx,
    consumer: &'static str,
    event: &FailedEvent,
    handler: &impl Handler<M>,
) -> Result<(), Fault> {
    let message: M = serde_json::from_str(&event.envelope).map_err(|error| no_envelope(&error))?;
    let claim =
        "INSERT INTO inbox (consumer, event_id, received_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let now = tx.db().clock().now();
    if tx.run(claim, [consumer.into(), Uuid::from(message.id()).into(), now.into()]).await? == 0 {
        return Ok(());
    }
    let correlation_id = message.correlation_id().map(str::to_owned);
    tx.set_cause(Cause { correlation_id: correlation_id.clone(), causation_id: Some(message.id()) });
    let span = tracing::info_span!("retry", consumer, event_type = message.kind(), event_id = %message.id(),
        correlation_id);
    handler.handle(tx, &message).instrument(span).await
}

async fn note(
    db: &Db,
    consumer: &'static str,
    id: FailedEventId,
    fault: Fault,
    now: Timestamp,
) -> Result<Retried, DbErr> {
    let words = storable(&fault.to_string()).into_owned();
    if let Fault::Passing(error) = fault
        && let Ok(error) = error.downcast::<DbErr>()
        && is_passing(&error)
    {
        return Err(error);
    }
    let tx = db.begin().await?;
    let noted = tx
        .run(
            "UPDATE failed_events SET attempts = attempts + 1, error = $3, failed_at = $4 \
             WHERE id = $1 AND consumer = $2 AND resolved_at IS NULL",
            [Uuid::from(id).into(), consumer.into(), words.as_str().into(), now.into()],
        )
        .await?;
    tx.commit().await?;
    tracing::warn!(consumer, failed_event = %id, "a failed event failed again: {words}");
    Ok(if noted == 0 { Retried::Resolved } else { Retried::Failed(words) })
}

/// What is wrong with a message that is no envelope.
pub(super) fn no_envelope(error: &serde_json::Error) -> Fault {
    Fault::Poison(format!("no valid envelope: {error}"))
}

/// A text as PostgreSQL holds it: what is kept of a message that nobody could read may have anything in it.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

fn read(row: &QueryResult) -> Result<FailedEvent, DbErr> {
    let event_id: Uuid = row.try_get("", "event_id")?;
    let event_type: String = row.try_get("", "event_type")?;
    Ok(FailedEvent {
        id: row.try_get::<Uuid>("", "id")?.into(),
        consumer: row.try_get("", "consumer")?,
        event_id: Some(EventId::from(event_id)).filter(|_| is_own(event_id)),
        event_type: Some(event_type).filter(|name| name != UNREADABLE),
        subject: row.try_get("", "subject")?,
        envelope: row.try_get("", "envelope")?,
        error: row.try_get("", "error")?,
        attempts: row.try_get("", "attempts")?,
        failed_at: row.try_get("", "failed_at")?,
        resolved_at: row.try_get("", "resolved_at")?,
    })
}
