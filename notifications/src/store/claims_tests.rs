//! Several workers on one database.

use std::collections::HashMap;

use chrono::Duration;
use shared::{
    db::Db,
    ids::{DeliveryId, EventId, UserId},
    testing::World,
};

use super::{
    deliveries::{self, Only},
    orders,
};
use crate::domain::{Channel, Delivery, Moment, Notice, Order, Outcome, Status};

/// Deliveries that are due, in a database of this test's own.
async fn due(world: &World, count: usize) -> Db {
    let db = world.open::<migrations::notifications::Migrator>("notifications").await;
    let now = world.clock().now();
    let wanted = (0..count).map(|_| Order {
        cause: EventId::at(now),
        correlation_id: None,
        recipient: UserId::at(now),
        channel: Channel::Email,
        address: None,
        notice: Notice::PasswordChanged(Moment { at: now }),
        withheld: None,
    });
    let tx = db.begin().await.unwrap();
    orders::order(&tx, wanted.collect(), now).await.unwrap();
    tx.commit().await.unwrap();
    db
}

async fn claim(world: &World, db: &Db, count: u64) -> Vec<Delivery> {
    claim_only(world, db, Only::Due, count).await
}

async fn claim_only(world: &World, db: &Db, only: Only, count: u64) -> Vec<Delivery> {
    let tx = db.begin().await.unwrap();
    let claimed =
        deliveries::claim(&tx, &[Channel::Email], &only, count, Duration::seconds(90), world.clock().now())
            .await
            .unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn settle(world: &World, db: &Db, delivery: &Delivery) -> bool {
    let now = world.clock().now();
    let tx = db.begin().await.unwrap();
    let settled =
        deliveries::settle(&tx, delivery, &delivery.settle(Outcome::Accepted, now), now).await.unwrap();
    tx.commit().await.unwrap();
    settled
}

async fn world() -> World {
    World::at("2026-01-31T10:00:00Z".parse().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_claim_at_once_each_delivery_goes_to_one() {
    let world = world().await;
    let db = due(&world, 200).await;
    let worker = || async {
        let mut mine: Vec<DeliveryId> = Vec::new();
        loop {
            let claimed = claim(&world, &db, 7).await;
            if claimed.is_empty() {
                return mine;
            }
            mine.extend(claimed.iter().map(|delivery| delivery.id));
        }
    };
    let claimed = futures_util::future::join_all((0..8).map(|_| worker())).await;
    let mut times: HashMap<DeliveryId, usize> = HashMap::new();
    for id in claimed.into_iter().flatten() {
        *times.entry(id).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    // A worker that found every due row locked by others goes home early; what it left is still to be had.
    let left = claim(&world, &db, 200).await;
    assert_eq!(times.len() + left.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_claimant_settles() {
    let world = world().await;
    let db = due(&world, 1).await;
    let first = claim(&world, &db, 10).await.remove(0);
    assert!(claim(&world, &db, 10).await.is_empty(), "claimed is claimed");
    world.clock().advance(Duration::seconds(90));
    let second = claim(&world, &db, 10).await.remove(0);
    assert_eq!(first.id, second.id);

    assert!(!settle(&world, &db, &first).await, "the claim was lost");
    assert!(settle(&world, &db, &second).await);
    assert!(!settle(&world, &db, &second).await, "once");
    assert!(claim(&world, &db, 10).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_urgent_go_first_and_a_newer_version_s_templates_are_left_to_it() {
    let world = world().await;
    let db = due(&world, 3).await;
    let all = claim(&world, &db, 10).await;
    let tx = db.begin().await.unwrap();
    let set = "UPDATE deliveries SET lease_until = NULL, priority = $1, template = $2 WHERE id = $3";
    for (delivery, (priority, template)) in
        all.iter().zip([(2_i16, "password_changed"), (0, "password_changed"), (0, "horoscope")])
    {
        tx.run(set, [priority.into(), template.into(), delivery.id.0.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let order = [claim(&world, &db, 1).await, claim(&world, &db, 10).await].concat();
    let ids: Vec<_> = order.iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids, [all[1].id, all[0].id]);
    let waiting = "SELECT status FROM deliveries WHERE template = 'horoscope'";
    let tx = db.begin().await.unwrap();
    let status: String = tx.rows(waiting, []).await.unwrap()[0].try_get_by_index(0).unwrap();
    assert_eq!(status, Status::Pending.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_claims_what_it_names_once_and_a_share_its_priority_only() {
    let world = world().await;
    let db = due(&world, 5).await;
    let tx = db.begin().await.unwrap();
    let ids = tx.rows("SELECT id FROM deliveries ORDER BY id", []).await.unwrap();
    let ids: Vec<DeliveryId> = ids.iter().map(|row| DeliveryId(row.try_get("", "id").unwrap())).collect();
    tx.run("UPDATE deliveries SET priority = 2 WHERE id = $1", [ids[4].0.into()]).await.unwrap();
    tx.commit().await.unwrap();

    let unknown = DeliveryId::at(world.clock().now());
    let hints = || Only::These(vec![ids[2], unknown, ids[0]]);
    let mut claimed: Vec<_> = claim_only(&world, &db, hints(), 10).await.iter().map(|it| it.id).collect();
    claimed.sort();
    assert_eq!(claimed, [ids[0], ids[2]]);
    assert!(claim_only(&world, &db, hints(), 10).await.is_empty(), "claimed is claimed");
    let low = claim_only(&world, &db, Only::Of(crate::domain::Priority::Low), 10).await;
    assert_eq!(low.iter().map(|it| it.id).collect::<Vec<_>>(), [ids[4]]);
    assert_eq!(claim(&world, &db, 10).await.len(), 2);
}
