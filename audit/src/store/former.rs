//! What was recorded before there was a trail.

use sea_orm::DbErr;
use shared::{clock::Timestamp, db::Tx, events::Envelope};

/// The oldest events that were recorded before there was a trail, with when that was.
pub async fn former_events(tx: &Tx, limit: i64) -> Result<Vec<(Envelope, Timestamp)>, DbErr> {
    let sql = "SELECT feed_sequence, envelope, received_at FROM raw_events ORDER BY feed_sequence LIMIT $1";
    let rows = tx.rows(sql, [limit.into()]).await?;
    let read = |row: &sea_orm::QueryResult| {
        let text: String = row.try_get("", "envelope")?;
        let event = serde_json::from_str(&text).map_err(|fault| DbErr::Type(fault.to_string()))?;
        Ok((event, row.try_get("", "received_at")?))
    };
    rows.iter().map(read).collect()
}

/// Forgets as many of the oldest of them: they are in the trail now.
pub async fn forget_former(tx: &Tx, count: i64) -> Result<(), DbErr> {
    let sql = "DELETE FROM raw_events WHERE feed_sequence IN \
               (SELECT feed_sequence FROM raw_events ORDER BY feed_sequence LIMIT $1)";
    tx.run(sql, [count.into()]).await.map(drop)
}
