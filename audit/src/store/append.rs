use chrono::Datelike;
use sea_orm::{DbErr, Value};
use shared::{db::Tx, rows::Insert};
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

/// Writes rows at the end of the trail, in the order given; `head`, the end as it was, must be locked ([`super::lock_head`]).
pub async fn append(tx: &Tx, head: &Checkpoint, rows: Vec<(Link, &Facts)>) -> Result<(), DbErr> {
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else { return Ok(()) };
    if tx.db().is_postgres() {
        let month = |link: &Link| (link.recorded_at.year(), link.recorded_at.month());
        // The rows of one transaction are recorded at one moment.
        debug_assert_eq!(month(first), month(last));
        if head.sequence == 0 || (head.recorded_at.year(), head.recorded_at.month()) != month(first) {
            tx.rows("SELECT make_trail_partition($1)", [first.recorded_at.into()]).await?;
        }
    }
    APPEND.run(tx, rows.into_iter().map(row).collect()).await
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
