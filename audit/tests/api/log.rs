use std::collections::BTreeSet;

use serde_json::json;
use shared::{
    events::{FieldChange, TicketUpdated, UserLogin},
    ids::{SessionId, UserId},
    testing::World,
};

use super::{House, ticket};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_opened_is_a_line_of_the_log() {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let created = ticket(42, house.world.clock().now());
    let envelope = house.world.deliver(&created, 1, Some(created.user_id)).await;

    let items = house.items("/audit/logs").await;
    assert_eq!(items.len(), 1);
    assert_eq!(
        items[0],
        json!({
            "id": envelope.event_id,
            "sequence": 1,
            "eventId": envelope.event_id,
            "timestamp": "2026-03-01T08:00:00Z",
            "userId": created.user_id,
            "action": "TICKET_CREATED",
            "resourceType": "ticket",
            "resourceId": created.ticket_id,
            "details": {
                "ticketNumber": "HD-000042",
                "title": "The printer is on fire",
                "priority": "HIGH",
                "category": "hardware",
            },
            "ipAddress": null,
            "userAgent": null,
            "correlationId": "a-request",
            "service": "tickets",
            "serviceSequence": 1,
            "recordedAt": "2026-03-01T08:00:00Z",
        })
    );
    assert_eq!(house.get(&format!("/audit/logs/{}", envelope.event_id)).await, items[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_keeps_where_it_came_from() {
    let house = House::open().await;
    let now = house.world.clock().now();
    let login = UserLogin {
        user_id: UserId::at(now),
        session_id: SessionId::at(now),
        ip: Some("192.0.2.7".to_owned()),
        user_agent: Some("curl/8".to_owned()),
    };
    house.world.deliver(&login, 1, Some(login.user_id)).await;
    let line = &house.items("/audit/logs").await[0];
    assert_eq!((&line["ipAddress"], &line["userAgent"]), (&json!("192.0.2.7"), &json!("curl/8")));
    assert_eq!(line["details"], json!({ "sessionId": login.session_id }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_is_one_line() {
    let house = House::open().await;
    let created = ticket(1, house.world.clock().now());
    let envelope = house.world.deliver(&created, 1, None).await;
    house.world.deliver_again(&envelope).await;
    house.world.deliver_again(&envelope).await;
    assert_eq!(house.items("/audit/logs").await.len(), 1);
    assert_eq!(house.items("/audit/events").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_is_kept_aside_and_the_rest_goes_on() {
    let house = House::open().await;
    let created = ticket(1, house.world.clock().now());
    let good = house.world.deliver(&created, 1, None).await;
    let mut poison = good.clone();
    poison.event_id = shared::ids::EventId::at(house.world.clock().now());
    poison.data = serde_json::value::to_raw_value(&json!({ "ticketId": "nonsense" })).unwrap();
    house.world.deliver_again(&poison).await;
    house.world.deliver(&ticket(2, house.world.clock().now()), 1, None).await;

    assert_eq!(house.items("/audit/logs").await.len(), 2);
    assert_eq!(super::numbers(&house.items("/audit/events").await), [1, 2]);
    let db = house.world.db("audit");
    let sql = db.sql("SELECT event_type, error FROM failed_events WHERE consumer = 'audit'", []);
    let rows = sea_orm::ConnectionTrait::query_all_raw(db.conn(), sql).await.unwrap();
    assert_eq!(rows.len(), 1);
    let error: String = rows[0].try_get("", "error").unwrap();
    assert!(error.contains("the data of ticket.created (version 1) cannot be read"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_filtered_by_person_action_thing_and_time() {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let world = &house.world;
    let (alice, bob) = (UserId::at(world.clock().now()), UserId::at(world.clock().now()));
    let first = ticket(1, world.clock().now());
    world.deliver(&first, 1, Some(alice)).await;
    world.clock().advance(chrono::Duration::hours(1));
    let change = FieldChange { field: "title".into(), old: Some("a".into()), new: Some("b".into()) };
    let update = TicketUpdated {
        ticket_id: first.ticket_id,
        ticket_number: first.ticket_number.clone(),
        title: first.title.clone(),
        status: "OPEN".to_owned(),
        user_id: first.user_id,
        assigned_to: None,
        changes: vec![change],
    };
    world.deliver(&update, 2, Some(bob)).await;
    world.clock().advance(chrono::Duration::hours(1));
    world.deliver(&ticket(2, world.clock().now()), 1, Some(bob)).await;

    for (filter, expected) in [
        (String::new(), vec![3, 2, 1]),
        ("sort=timestamp".to_owned(), vec![1, 2, 3]),
        (format!("userId={bob}"), vec![3, 2]),
        ("action=ticket_updated".to_owned(), vec![2]),
        ("resourceType=ticket".to_owned(), vec![3, 2, 1]),
        ("resourceType=file".to_owned(), vec![]),
        (format!("resourceType=ticket&resourceId={}", first.ticket_id), vec![2, 1]),
        ("from=2026-03-01T09:00:00Z".to_owned(), vec![3, 2]),
        ("to=2026-03-01T09:00:00Z".to_owned(), vec![1]),
        (format!("userId={bob}&action=TICKET_CREATED&from=2026-03-01T10:00:00Z"), vec![3]),
        (format!("userId={alice}&action=TICKET_UPDATED"), vec![]),
    ] {
        assert_eq!(
            super::numbers(&house.items(&format!("/audit/logs?{filter}")).await),
            expected,
            "{filter}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_shows_each_line_once_also_where_times_are_equal_and_lines_are_added() {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let world = &house.world;
    for number in 1..=7 {
        world.deliver(&ticket(number, world.clock().now()), 1, None).await;
    }
    let all: BTreeSet<i64> = super::numbers(&house.items("/audit/logs").await).into_iter().collect();
    for sort in ["timestamp", "-timestamp"] {
        let (mut seen, mut path) = (Vec::new(), format!("/audit/logs?limit=2&sort={sort}"));
        loop {
            let page = house.get(&path).await;
            seen.extend(super::numbers(page["items"].as_array().unwrap()));
            if sort == "-timestamp" {
                // Newer than everything: behind a reader who goes from new to old.
                world.clock().advance(chrono::Duration::seconds(1));
                world.deliver(&ticket(8, world.clock().now()), 1, None).await;
            }
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            path = format!("/audit/logs?limit=2&sort={sort}&cursor={cursor}");
        }
        assert_eq!(seen.len(), all.len(), "{sort}: {seen:?}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_does_not_exist_is_not_found() {
    let house = House::open().await;
    for id in ["01999b1e-0000-7000-8000-000000000001", "nonsense"] {
        assert_eq!(house.ask(&house.admin, &format!("/audit/logs/{id}")).await.status(), 404);
    }
}
