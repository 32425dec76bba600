use futures_util::future::join_all;
use serde_json::json;

use super::{House, numbers, serve, ticket};

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_gives_events_as_they_came_in_order() {
    let house = House::open().await;
    let created = ticket(1, house.world.clock().now());
    let envelope = house.world.deliver(&created, 1, Some(created.user_id)).await;
    let mut item = house.items("/audit/events").await.remove(0);
    assert!(item["receivedAt"].as_str().unwrap().ends_with('Z'));
    item.as_object_mut().unwrap().remove("receivedAt");
    assert_eq!(
        item,
        json!({
            "sequence": 1,
            "eventId": envelope.event_id,
            "eventType": "ticket.created",
            "schemaVersion": 1,
            "service": "tickets",
            "serviceSequence": 1,
            "timestamp": serde_json::to_value(envelope.timestamp).unwrap(),
            "userId": created.user_id,
            "aggregateId": created.ticket_id,
            "aggregateVersion": 1,
            "correlationId": "a-request",
            "causationId": null,
            "data": serde_json::to_value(&created).unwrap(),
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_is_paged_by_its_numbers() {
    let house = House::open().await;
    for number in 1..=5 {
        house.world.deliver(&ticket(number, house.world.clock().now()), 1, None).await;
    }
    let first = house.get("/audit/events?limit=2").await;
    assert_eq!(
        (numbers(first["items"].as_array().unwrap()), &first["nextCursor"]),
        (vec![1, 2], &json!("2"))
    );
    let second = house.get("/audit/events?limit=2&cursor=2").await;
    assert_eq!(
        (numbers(second["items"].as_array().unwrap()), &second["nextCursor"]),
        (vec![3, 4], &json!("4"))
    );
    let last = house.get("/audit/events?limit=2&after=4").await;
    assert_eq!((numbers(last["items"].as_array().unwrap()), &last["nextCursor"]), (vec![5], &json!(null)));
    assert_eq!(house.items("/audit/events?after=5").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_has_no_gaps_when_replicas_record_at_the_same_time() {
    let house = House::open().await;
    // Two more audits on the same database: they share the consumer, and the inbox keeps them apart.
    serve(&house.world).await;
    serve(&house.world).await;
    let now = house.world.clock().now();
    let tickets: Vec<_> = (1..=60).map(|number| ticket(number, now)).collect();
    let delivering = join_all(tickets.iter().map(|created| house.world.deliver(created, 1, None)));
    // Whoever reads meanwhile sees no hole either: nothing comes later below a number that was seen.
    let reading = async {
        loop {
            let seen = numbers(&house.items("/audit/events?limit=100").await);
            assert_eq!(seen, (1..=seen.len() as i64).collect::<Vec<_>>());
            if seen.len() == tickets.len() {
                break;
            }
        }
    };
    tokio::join!(delivering, reading);
    assert_eq!(house.items("/audit/logs?limit=100").await.len(), 60);
}
