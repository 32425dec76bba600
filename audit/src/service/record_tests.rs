//! Many events in one transaction, which are written a portion at a time.

use shared::{
    events::{TicketCreated, UserDeleted},
    ids::TicketId,
    testing::World,
};

use super::*;
use crate::service::App;

const EVENTS: i64 = 600;
/// The event that erases the person of all of them; it is in the first portion.
const ERASURE: i64 = 100;

/// What happens to somebody as the nth.
fn draft(world: &World, user_id: UserId, nth: i64) -> Draft {
    let now = world.clock().now();
    let created = TicketCreated {
        ticket_id: TicketId::at(now),
        ticket_number: format!("HD-{nth:06}"),
        title: "The printer is on fire".to_owned(),
        priority: "HIGH".to_owned(),
        category: "hardware".to_owned(),
        user_id,
        due_date: now,
    };
    let event = match nth {
        ERASURE => world.envelope(&UserDeleted { user_id }, 1, Some(user_id)),
        _ => world.envelope(&created, 1, Some(user_id)),
    };
    Draft::of(&event).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_events_are_one_chain_and_who_is_erased_in_one_portion_is_unknown_in_the_next() {
    let world = World::start().await;
    let app = App::of(&world).await;
    let now = world.clock().now();
    let ada = UserId::at(now);
    let drafts: Vec<_> = (1..=EVENTS).map(|nth| draft(&world, ada, nth)).collect();
    let tx = app.db.begin().await.unwrap();
    app.recorder().record(&tx, &drafts.iter().collect::<Vec<_>>(), now).await.unwrap();
    tx.commit().await.unwrap();

    let verdict = app.verify(0).await.unwrap();
    assert_eq!((verdict.fault, verdict.head.sequence), (None, EVENTS));
    let rows = store::links(app.db.conn(), 0, 1_000).await.unwrap();
    let ids = rows.iter().map(|(_, facts)| facts.event_id);
    assert!(ids.eq(drafts.iter().map(|draft| draft.entry().facts().event_id)), "in the order given");
    let sealed: Vec<_> =
        rows.iter().filter(|(link, _)| link.sealed.is_some()).map(|(link, _)| link.sequence).collect();
    assert_eq!(sealed, (1..ERASURE).collect::<Vec<_>>());

    let tx = app.db.begin().await.unwrap();
    let counted = "SELECT CAST(sum(count) AS BIGINT) AS count FROM metrics \
                   WHERE name = 'events_recorded' AND grain = 'month' AND dimension = ''";
    for count in [counted, "SELECT count(*) AS count FROM trail_search"] {
        let rows = tx.rows(count, []).await.unwrap();
        assert_eq!(rows[0].try_get::<i64>("", "count").unwrap(), EVENTS, "{count}");
    }
}
