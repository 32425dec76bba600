use chrono::Datelike;
use sea_orm::{DbErr, Value};
use shared::{clock::Timestamp, db::Tx, rows::Insert};
use uuid::Uuid;

use crate::domain::{Checkpoint, Facts, Link};

const APPEND: Insert<12> = Insert {
    into: "trail",
    columns: [
        ("sequence", "bigint"),
        ("recorded_at", "timestamptz"),
        ("event_id", "uuid"),
        ("timestamp", "timestamptz"),
        ("action", "varchar"),
        ("resource_type", "varchar"),
        ("resource_id", "uuid"),
        ("user_id", "uuid"),
        ("person_id", "uuid"),
        ("envelope", "text"),
        ("sealed", "text"),
        ("hash", "text"),
    ],
    then: "",
};

/// Makes the partition for what is recorded then, if it is the first of its month; `head` is the end of the trail as it is, and must
/// be locked ([`super::lock_head`]).
pub async fn make_partition(tx: &Tx, head: &Checkpoint, recorded_at: Timestamp) -> Result<(), DbErr> {
    let month = |at: Timestamp| (at.year(), at.month());
    let is_there = head.sequence > 0 && month(head.recorded_at) == month(recorded_at);
    if tx.db().is_postgres() && !is_there {
        tx.rows("SELECT make_trail_partition($1)", [recorded_at.into()]).await?;
    }
    Ok(())
}

/// Writes rows at the end of the trail, in the order given; its end must be locked ([`super::lock_head`]).
pub fn append<'a>(
    tx: &'a Tx,
    rows: Vec<(Link, &Facts)>,
) -> impl Future<Output = Result<(), DbErr>> + use<'a> {
    APPEND.run(tx, rows.into_iter().map(row).collect())
}

fn row((link, facts): (Link, &Facts)) -> [Value; 12] {
    [
        link.sequence.into(),
        link.recorded_at.into(),
        Uuid::from(facts.event_id).into(),
        facts.timestamp.into(),
        facts.action.as_str().into(),
        facts.resource_type.as_str().into(),
        facts.resource_id.into(),
        facts.user_id.map(Uuid::from).into(),
        link.person_id.map(Uuid::from).into(),
        link.envelope.into(),
        link.sealed.into(),
        link.hash.to_string().into(),
    ]
}
