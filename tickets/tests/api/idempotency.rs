use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::testing::TestCaller;

use crate::service::{Reply, Tickets, printer};

async fn post(tickets: &Tickets, caller: &TestCaller, key: &str, ticket: &Value) -> Reply {
    let request = tickets.request(caller, Method::POST, "/tickets").header("idempotency-key", key);
    Reply::to(request.json(ticket)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_give_the_same_answer() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    let first = post(&tickets, &alice, "one", &printer()).await;
    tickets.world.clock().advance(TimeDelta::hours(1));
    let again = post(&tickets, &alice, "one", &printer()).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    for header in ["location", "etag", "content-type"] {
        assert_eq!(first.header(header), again.header(header));
    }
    for table in ["tickets", "ticket_history", "outbox"] {
        assert_eq!(tickets.count(table).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_posts_at_once_with_one_key_open_one_ticket() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = printer();

    let replies =
        futures_util::future::join_all((0..10).map(|_| post(&tickets, &alice, "one", &ticket))).await;

    let opened: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert!(!opened.is_empty());
    assert!(opened.iter().all(|reply| reply.body == opened[0].body));
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refusal(), (409, "idempotency_in_progress"), "nothing else may come of a race");
    }
    for table in ["tickets", "ticket_history", "outbox"] {
        assert_eq!(tickets.count(table).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_refused() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let mut other = printer();
    other["title"] = json!("The other printer");

    post(&tickets, &alice, "one", &printer()).await;
    let reply = post(&tickets, &alice, "one", &other).await;

    assert_eq!(reply.refusal(), (422, "idempotency_mismatch"));
    assert_eq!(tickets.count("tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_caller() {
    let tickets = Tickets::start().await;
    let (alice, bob) = (tickets.world.user("alice@example.com"), tickets.world.user("bob@example.com"));

    let hers = post(&tickets, &alice, "one", &printer()).await;
    let his = post(&tickets, &bob, "one", &printer()).await;

    assert_eq!((hers.status, his.status), (201, 201));
    assert_ne!(hers.body["id"], his.body["id"]);
    assert_eq!(his.body["userId"], json!(bob.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_ticket_does_not_use_up_its_key() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    assert_eq!(post(&tickets, &alice, "one", &json!({})).await.status, 422);
    assert_eq!(post(&tickets, &alice, "one", &printer()).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_1_to_255_printable_characters() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");

    for (key, status) in
        [("k".repeat(255), 201), ("k".repeat(256), 400), (String::new(), 400), ("a\tb".to_owned(), 400)]
    {
        assert_eq!(post(&tickets, &alice, &key, &printer()).await.status, status, "{key:?}");
    }
}
