use chrono::Datelike;
use sea_orm::{DbErr, EntityTrait, Set};
use shared::db::Tx;
use uuid::Uuid;

use super::{ROWS, trail};
use crate::domain::{Checkpoint, Facts, Link};

/// Writes rows at the end of the trail, in the order given; `head`, the end as it was, must be locked ([`super::lock_head`]).
pub async fn append(tx: &Tx, head: &Checkpoint, rows: Vec<(Link, Facts)>) -> Result<(), DbErr> {
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else { return Ok(()) };
    if tx.db().is_postgres() {
        let month = |link: &Link| (link.recorded_at.year(), link.recorded_at.month());
        // The rows of one transaction are recorded at one moment.
        debug_assert_eq!(month(first), month(last));
        if head.sequence == 0 || (head.recorded_at.year(), head.recorded_at.month()) != month(first) {
            tx.rows("SELECT make_trail_partition($1)", [first.recorded_at.into()]).await?;
        }
    }
    let mut rows = rows.into_iter().map(row).peekable();
    while rows.peek().is_some() {
        trail::Entity::insert_many(rows.by_ref().take(ROWS)).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

fn row((link, facts): (Link, Facts)) -> trail::ActiveModel {
    trail::ActiveModel {
        sequence: Set(link.sequence),
        recorded_at: Set(link.recorded_at),
        event_id: Set(facts.event_id.into()),
        timestamp: Set(facts.timestamp),
        action: Set(facts.action),
        resource_type: Set(facts.resource_type),
        resource_id: Set(facts.resource_id),
        user_id: Set(facts.user_id.map(Uuid::from)),
        person_id: Set(link.person_id.map(Uuid::from)),
        envelope: Set(link.envelope),
        sealed: Set(link.sealed),
        hash: Set(link.hash.to_string()),
    }
}
