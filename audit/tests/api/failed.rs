//! The events that could not be put on record, and trying them once more.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Response;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{events::Envelope, ids::EventId, testing::World};

use super::{House, numbers, ticket};

impl House {
    /// An event of a known type whose data has the wrong shape. What it should have been comes with it.
    async fn poisoned(&self, number: u32) -> (Envelope, Envelope) {
        let now = self.world.clock().now();
        let mut good = self.world.deliver(&ticket(number, now), 1, None).await;
        good.event_id = EventId::at(now);
        let mut poison = good.clone();
        poison.data = serde_json::value::to_raw_value(&json!({ "ticketId": "nonsense" })).unwrap();
        self.world.deliver_again(&poison).await;
        (poison, good)
    }

    async fn retry(&self, id: &Value) -> Response {
        self.post(&format!("/audit/events/failed/{}/retry", id.as_str().unwrap())).await
    }

    /// What is kept of a message is what a build that can read it would have been sent.
    async fn mend(&self, id: &Value, envelope: &str) {
        let db = self.world.db("audit");
        let id: uuid::Uuid = id.as_str().unwrap().parse().unwrap();
        let sql = "UPDATE failed_events SET envelope = $2 WHERE id = $1";
        db.conn().execute_raw(db.sql(sql, [id.into(), envelope.into()])).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_listed_with_its_fault_and_a_retry_that_fails_counts() {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let (poison, _) = house.poisoned(1).await;
    let mut failed = house.items("/audit/events/failed").await;
    assert_eq!(failed.len(), 1);
    let mut item = failed.remove(0);
    let (id, error) = (item["id"].take(), item["error"].take());
    let fault = "the data of ticket.created (version 1) cannot be read: ";
    assert!(error.as_str().unwrap().starts_with(fault), "{error}");
    assert_eq!(
        item,
        json!({
            "id": null,
            "eventId": poison.event_id,
            "eventType": "ticket.created",
            "subject": poison.subject(),
            "envelope": serde_json::to_string(&poison).unwrap(),
            "error": null,
            "attempts": 1,
            "failedAt": "2026-03-01T08:00:00Z",
            "resolvedAt": null,
        })
    );

    house.world.clock().advance(chrono::Duration::minutes(1));
    let answer = house.retry(&id).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["detail"]), (&json!("event_not_handled"), &error));
    let item = &house.items("/audit/events/failed?resolved=false").await[0];
    assert_eq!(
        (&item["attempts"], &item["failedAt"], &item["resolvedAt"]),
        (&json!(2), &json!("2026-03-01T08:01:00Z"), &Value::Null)
    );
    assert_eq!(house.items("/audit/logs").await.len(), 1, "nothing of it is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_puts_the_event_on_record_once_and_resolves_it() {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    let (poison, good) = house.poisoned(1).await;
    let id = house.items("/audit/events/failed").await[0]["id"].clone();
    house.mend(&id, &serde_json::to_string(&good).unwrap()).await;

    // Of many at once one does it, and the others are told so.
    let answers = join_all((0..6).map(|_| house.retry(&id))).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let done = answers.into_iter().find(|answer| answer.status() == 200).unwrap();
    let done: Value = done.json().await.unwrap();
    assert_eq!(
        (&done["id"], &done["attempts"], &done["resolvedAt"]),
        (&id, &json!(2), &json!("2026-03-01T08:00:00Z"))
    );

    let line = house.get(&format!("/audit/logs/{}", poison.event_id)).await;
    assert_eq!((&line["action"], &line["sequence"]), (&json!("TICKET_CREATED"), &json!(2)));
    assert_eq!(numbers(&house.items("/audit/events").await), [1, 2]);
    assert_eq!(house.items("/audit/events/failed?resolved=true").await, [done]);
    assert_eq!(house.items("/audit/events/failed?resolved=false").await, Vec::<Value>::new());
    // Should the stream bring it once more, it is known.
    house.world.deliver_again(&good).await;
    house.world.deliver_again(&poison).await;
    assert_eq!(house.items("/audit/logs").await.len(), 2);
    assert_eq!(house.items("/audit/events/failed?resolved=false").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_on_record_by_another_way_is_only_marked() {
    let house = House::open().await;
    let (_, good) = house.poisoned(1).await;
    house.world.deliver_again(&good).await;
    let id = house.items("/audit/events/failed?resolved=false").await[0]["id"].clone();
    assert_eq!(house.retry(&id).await.status(), 200);
    assert_eq!(house.items("/audit/logs").await.len(), 2);
    let again = house.retry(&id).await;
    assert_eq!(again.status(), 409);
    assert_eq!(again.json::<Value>().await.unwrap()["code"], "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_envelope_at_all_is_listed_and_its_retry_says_so() {
    let house = House::open().await;
    house.poisoned(1).await;
    let id = house.items("/audit/events/failed").await[0]["id"].clone();
    let long = "é".repeat(5_000);
    for (kept, shown) in [("{\"eventId\": 1", "{\"eventId\": 1"), ("", ""), (&long, &long[..8_000])] {
        house.mend(&id, kept).await;
        let item = &house.items("/audit/events/failed").await[0];
        assert_eq!(item["envelope"].as_str().unwrap(), shown);
        let answer = house.retry(&id).await;
        assert_eq!(answer.status(), 422);
        let problem: Value = answer.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().starts_with("no valid envelope: "), "{problem}");
    }
    assert_eq!(house.items("/audit/events/failed").await[0]["attempts"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_quotes_what_no_database_holds_is_kept_all_the_same() {
    let house = House::open().await;
    let (_, mut poison) = house.poisoned(1).await;
    poison.event_id = EventId::at(house.world.clock().now());
    poison.event_type = "ticket.sla_breached".to_owned();
    let data = json!({
        "ticketId": poison.aggregate_id, "ticketNumber": "HD-000042", "title": "Printer", "priority": "HIGH",
        "userId": poison.aggregate_id, "clock": "a\0b", "dueAt": "2026-03-01T08:00:00Z", "assignedTo": null,
    });
    poison.data = serde_json::value::to_raw_value(&data).unwrap();
    house.world.deliver_again(&poison).await;
    let failed = house.items("/audit/events/failed").await;
    let item = failed.iter().find(|item| item["eventId"] == json!(poison.event_id)).unwrap();
    assert!(item["error"].as_str().unwrap().contains("`a\u{fffd}b`"), "{item}");
    assert_eq!(house.retry(&item["id"]).await.status(), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_what_there_is_not_is_not_found() {
    let house = House::open().await;
    for id in ["01999b1e-0000-7000-8000-000000000001", "nonsense"] {
        assert_eq!(house.retry(&json!(id)).await.status(), 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_events_are_paged_each_once_also_where_times_are_equal() {
    let house = House::within(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await).await;
    for number in 1..=5 {
        house.poisoned(number).await;
        if number % 2 == 0 {
            house.world.clock().advance(chrono::Duration::seconds(1));
        }
    }
    let mut orders = Vec::new();
    for sort in ["failedAt", "-failedAt"] {
        let (mut seen, mut path) = (Vec::new(), format!("/audit/events/failed?limit=2&sort={sort}"));
        loop {
            let page = house.get(&path).await;
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["eventId"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            path = format!("/audit/events/failed?limit=2&sort={sort}&cursor={cursor}");
        }
        assert_eq!(seen.len(), 5, "{sort}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 5, "{sort}");
        orders.push(seen);
    }
    orders[1].reverse();
    assert_eq!(orders[0], orders[1]);
}
