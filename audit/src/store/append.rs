use sea_orm::{DbErr, EntityTrait, Set};
use shared::{clock::Timestamp, db::Tx, events::Envelope};
use uuid::Uuid;

use super::{audit_logs, raw_events};
use crate::domain::AuditEntry;

/// Rows per statement: both databases bound the number of values that one may carry.
const ROWS: usize = 500;

/// Writes events and their lines at the end of the feed, in the order given.
///
/// The counter's row stays locked until the transaction ends. So numbers appear in the order of commits and without
/// gaps, and a reader that has seen number n has nothing to come below it.
pub async fn append(tx: &Tx, now: Timestamp, entries: &[(AuditEntry, &Envelope)]) -> Result<(), DbErr> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut sequence = take_numbers(tx, entries.len()).await?;
    for entries in entries.chunks(ROWS) {
        let (mut raw, mut lines) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        for (entry, event) in entries {
            raw.push(raw_row(event, sequence, now)?);
            lines.push(line(entry, sequence, now));
            sequence += 1;
        }
        raw_events::Entity::insert_many(raw).exec_without_returning(&**tx).await?;
        audit_logs::Entity::insert_many(lines).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// The first of as many new numbers as are wanted.
async fn take_numbers(tx: &Tx, count: usize) -> Result<i64, DbErr> {
    let count = i64::try_from(count).map_err(|_| DbErr::Custom("too many events at once".to_owned()))?;
    let rows = tx
        .rows("UPDATE feed_counter SET next = next + $1 WHERE id = 1 RETURNING next", [count.into()])
        .await?;
    let row =
        rows.first().ok_or_else(|| DbErr::RecordNotFound("the row of feed_counter is gone".to_owned()))?;
    Ok(row.try_get::<i64>("", "next")? - count)
}

fn raw_row(event: &Envelope, sequence: i64, now: Timestamp) -> Result<raw_events::ActiveModel, DbErr> {
    let envelope = serde_json::to_string(event).map_err(|fault| DbErr::Custom(fault.to_string()))?;
    Ok(raw_events::ActiveModel {
        feed_sequence: Set(sequence),
        event_id: Set(event.event_id.into()),
        event_type: Set(event.event_type.clone()),
        service: Set(event.source.to_string()),
        service_sequence: Set(event.sequence),
        aggregate_id: Set(event.aggregate_id),
        aggregate_version: Set(event.aggregate_version),
        timestamp: Set(event.timestamp),
        envelope: Set(envelope),
        received_at: Set(now),
    })
}

fn line(entry: &AuditEntry, sequence: i64, now: Timestamp) -> audit_logs::ActiveModel {
    let origin = entry.origin();
    audit_logs::ActiveModel {
        id: Set(entry.id().into()),
        feed_sequence: Set(sequence),
        event_id: Set(entry.event_id().into()),
        user_id: Set(entry.user_id().map(Uuid::from)),
        action: Set(entry.action().to_owned()),
        resource_type: Set(entry.resource_type().to_owned()),
        resource_id: Set(entry.resource_id().map(|id| id.to_string())),
        details: Set(entry.details().clone()),
        ip_address: Set(origin.ip.clone()),
        user_agent: Set(origin.user_agent.clone()),
        correlation_id: Set(entry.correlation_id().map(str::to_owned)),
        service: Set(entry.service().to_owned()),
        service_sequence: Set(entry.service_sequence()),
        timestamp: Set(entry.timestamp()),
        created_at: Set(now),
    }
}
