use futures_util::future::join_all;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Reply, Tickets};

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_touches_only_what_it_names() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let opened = tickets.open(&alice, json!({})).await;
    let ticket = format!("/tickets/{}", opened["id"].as_str().unwrap());

    let reply = tickets.put(&alice, &ticket, json!({"title": " Smoke ", "priority": "URGENT"})).await;

    assert_eq!((reply.status, reply.header("etag")), (200, "\"2\""));
    let mut expected = opened.clone();
    expected["title"] = json!("Smoke");
    expected["priority"] = json!("URGENT");
    expected["version"] = json!(2);
    for changed in ["updatedAt", "dueDate", "sla"] {
        expected[changed] = reply.body[changed].clone();
    }
    assert_eq!(reply.body, expected);
    assert_eq!(reply.body["dueDate"], "2026-03-02T11:00:00Z", "the clock counts from the opening");
    let (kind, data) = tickets.told(&ticket).await.pop().unwrap();
    assert_eq!(kind, "ticket.updated");
    assert_json_snapshot!(data["changes"], @r#"
    [
      {
        "field": "priority",
        "new": "URGENT",
        "old": "MEDIUM"
      },
      {
        "field": "title",
        "new": "Smoke",
        "old": "The printer is on fire"
      },
      {
        "field": "dueDate",
        "new": "2026-03-02T11:00:00.000000Z",
        "old": "2026-03-03T09:00:00.000000Z"
      }
    ]
    "#);

    let resolution = tickets.put(&alice, &ticket, json!({"resolution": "mine"})).await;
    assert_eq!(resolution.refusal(), (403, "forbidden"));
    let by_agent =
        tickets.put(&agent, &ticket, json!({"resolution": "Toner.", "category": "Printers"})).await;
    assert_eq!((by_agent.status, &by_agent.body["resolution"]), (200, &json!("Toner.")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_changes_nothing_says_nothing() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.opened(&alice, json!({})).await;
    for body in
        [json!({}), json!({"title": "The printer is on fire"}), json!({"priority": "MEDIUM", "title": null})]
    {
        let reply = tickets.put(&alice, &ticket, body).await;
        assert_eq!((reply.status, &reply.body["version"]), (200, &json!(1)));
    }
    assert_eq!(tickets.told(&ticket).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_edited_that_is_closed_or_not_a_field_or_not_a_value() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    for (body, status) in [
        (json!({"status": "CLOSED"}), 400),
        (json!({"userId": "0199aaaa-0000-7000-8000-000000000000"}), 400),
        (json!({"version": 7}), 400),
        (json!({"title": {"a": 1}}), 422),
        (json!({"title": " "}), 422),
        (json!({"priority": "SOON"}), 422),
        (json!({"description": "x".repeat(20_001)}), 422),
    ] {
        assert_eq!(tickets.put(&alice, &ticket, body.clone()).await.status, status, "{body}");
    }
    tickets.brought_to(&agent, &ticket, "CLOSED").await;
    for by in [&alice, &agent] {
        let reply = tickets.put(by, &ticket, json!({"title": "Too late"})).await;
        assert_eq!(reply.refusal(), (409, "ticket_closed"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_held_to_the_version_it_asks_for() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.put(&alice, &ticket, json!({"title": "Second"})).await;
    let writes = [
        (&alice, Method::PUT, ticket.clone(), json!({"title": "Third"})),
        (&alice, Method::DELETE, ticket.clone(), Value::Null),
        (&alice, Method::POST, format!("{ticket}/comments"), json!({"content": "Hello"})),
        (&alice, Method::POST, format!("{ticket}/close"), json!({})),
        (&alice, Method::POST, format!("{ticket}/reopen"), json!({})),
        (&agent, Method::PUT, format!("/admin{ticket}/assign"), json!({"assignedTo": agent.id})),
        (&agent, Method::PUT, format!("/admin{ticket}/status"), json!({"status": "IN_PROGRESS"})),
    ];
    for (by, method, path, body) in &writes {
        let request = tickets.request(by, method.clone(), path).header("if-match", "\"1\"");
        let request = if body.is_null() { request } else { request.json(body) };
        let reply = Reply::to(request).await;
        assert_eq!(reply.refusal(), (412, "precondition_failed"), "{method} {path}");
        assert_eq!(reply.header("etag"), "\"2\"", "{method} {path}");
    }
    assert_eq!(tickets.get(&alice, &ticket).await.body["version"], 2);
    for (tag, version) in [("\"2\"", 3), ("*", 4), ("W/\"4\", \"9\"", 5)] {
        let request = tickets.request(&alice, Method::PUT, &ticket).header("if-match", tag);
        let reply = Reply::to(request.json(&json!({"title": format!("for {version}")}))).await;
        assert_eq!((reply.status, &reply.body["version"]), (200, &json!(version)), "{tag}");
    }
    let nonsense = tickets.request(&alice, Method::PUT, &ticket).header("if-match", "2").json(&json!({}));
    assert_eq!(Reply::to(nonsense).await.refusal(), (400, "bad_header"));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_at_once_lose_no_update() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    let write = async |number: usize| {
        let (by, path, body) = match number % 5 {
            0 => (&alice, ticket.clone(), json!({"title": format!("title {number}")})),
            1 => (&agent, ticket.clone(), json!({"category": format!("category {number}")})),
            2 => (&agent, ticket.clone(), json!({"resolution": format!("resolution {number}")})),
            3 => {
                tickets.wrote(&alice, &ticket, &format!("comment {number}"), false).await;
                return;
            }
            _ => {
                tickets.wrote(&agent, &ticket, &format!("internal {number}"), true).await;
                return;
            }
        };
        assert_eq!(tickets.put(by, &path, body).await.status, 200);
    };

    join_all((0..50).map(write)).await;

    let last = tickets.get(&agent, &ticket).await.body;
    assert_eq!(last["version"], json!(1 + 40), "ten words among agents leave the version alone");
    assert_eq!(tickets.count("ticket_comments").await, 20);
    let lines = tickets.all(&agent, &format!("{ticket}/history")).await;
    for (field, start) in [
        ("title", json!("The printer is on fire")),
        ("category", json!("Hardware")),
        ("resolution", Value::Null),
    ] {
        let chain: Vec<_> = lines.iter().filter(|line| line["fieldName"] == field).collect();
        assert_eq!(chain.len(), 10, "{field}");
        let mut value = start;
        for line in chain {
            assert_eq!(line["oldValue"], value, "{field}: each write saw the one before");
            value = line["newValue"].clone();
        }
        assert_eq!(value, last[field]);
    }
    let mut versions: Vec<_> =
        tickets.world.emitted("tickets").await.iter().map(|it| it.aggregate_version).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions, (1..=41).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_writers_that_ask_for_one_version_one_wins() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.opened(&alice, json!({})).await;
    let write = |number: usize| {
        let request = tickets.request(&alice, Method::PUT, &ticket).header("if-match", "\"1\"");
        Reply::to(request.json(&json!({"title": format!("title {number}")})))
    };
    let replies = join_all((0..50).map(write)).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 412).count(), 49);
}
