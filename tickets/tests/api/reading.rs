use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Reply, Tickets};

fn path(ticket: &Value) -> String {
    format!("/tickets/{}", ticket["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_reads_as_it_was_opened() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let opened = tickets.open(&alice, json!({"priority": "HIGH", "description": "One.\n\tTwo."})).await;

    let reply = tickets.get(&alice, &path(&opened)).await;

    assert_eq!((reply.status, reply.header("etag")), (200, "\"1\""));
    assert_eq!(reply.body, opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_a_ticket_runs_out() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.open(&alice, json!({"priority": "URGENT"})).await;

    for (pass, overdue, remaining) in
        [(0, false, 7200), (7199, false, 1), (1, false, 0), (1, true, 0), (86_400, true, 0)]
    {
        tickets.world.clock().advance(TimeDelta::seconds(pass));
        // A token of its own each time: the first one expires on the way.
        let agent = tickets.world.agent("agent@example.com");
        let sla = &tickets.get(&agent, &path(&ticket)).await.body["sla"];
        assert_eq!(
            (&sla["overdue"], &sla["remainingSeconds"]),
            (&json!(overdue), &json!(remaining)),
            "+{pass} s"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_at_hand_is_not_sent_again() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = path(&tickets.open(&alice, json!({})).await);

    for (at_hand, status) in
        [("\"1\"", 304), ("W/\"1\"", 304), ("\"0\", \"1\"", 304), ("*", 304), ("\"2\"", 200)]
    {
        let reply =
            Reply::to(tickets.request(&alice, Method::GET, &ticket).header("if-none-match", at_hand)).await;
        assert_eq!(reply.status, status, "{at_hand}");
        assert_eq!(reply.header("etag"), "\"1\"", "{at_hand}");
        assert_eq!(reply.body.is_null(), status == 304, "{at_hand}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_never_given_is_not_found() {
    let tickets = Tickets::start().await;
    let agent = tickets.world.agent("agent@example.com");

    for id in
        ["0199aaaa-0000-7000-8000-000000000000", "HD-000001", "1", "..", "%00", "%2e%2e", "0199aaaa", "'"]
    {
        let reply = tickets.get(&agent, &format!("/tickets/{id}")).await;
        assert_eq!(reply.refusal(), (404, "not_found"), "{id}");
    }
}
