use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Reply, Tickets};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_can_be_read_as_it_stood_at_any_moment() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({"priority": "LOW"})).await;
    let mut stages: Vec<(String, Value)> = Vec::new();
    let steps: [(&str, Value); 8] = [
        ("edit", json!({"title": "Smoke", "priority": "HIGH", "description": "More of it."})),
        ("assign", json!({"assignedTo": agent.id})),
        ("status", json!({"status": "IN_PROGRESS"})),
        ("internal", json!({"content": "Who has the key?", "isInternal": true})),
        ("status", json!({"status": "WAITING_USER", "comment": "Which one?"})),
        ("comment", json!({"content": "The red one."})),
        ("status", json!({"status": "RESOLVED", "resolution": "Replaced."})),
        ("close", json!({})),
    ];
    let note = async |stages: &mut Vec<_>| {
        let now = shared::clock::rfc3339(tickets.world.clock().now() + TimeDelta::seconds(1));
        stages.push((now, tickets.get(&alice, &ticket).await.body));
        tickets.world.clock().advance(TimeDelta::minutes(7));
    };
    note(&mut stages).await;
    for (verb, body) in steps {
        let (by, method, path) = match verb {
            "edit" => (&alice, Method::PUT, ticket.clone()),
            "comment" => (&alice, Method::POST, format!("{ticket}/comments")),
            "internal" => (&agent, Method::POST, format!("{ticket}/comments")),
            "close" => (&alice, Method::POST, format!("{ticket}/close")),
            verb => (&agent, Method::PUT, format!("/admin{ticket}/{verb}")),
        };
        let reply = Reply::to(tickets.request(by, method, &path).json(&body)).await;
        assert!(reply.status < 300, "{verb}: {reply:?}");
        note(&mut stages).await;
    }

    for by in [&alice, &agent] {
        for (at, stage) in &stages {
            let reply = tickets.get(by, &format!("{ticket}?at={at}")).await;
            let mut past = reply.body;
            // Which were read a second earlier.
            for counted in ["remainingSeconds", "pausedSeconds"] {
                past["sla"][counted] = stage["sla"][counted].clone();
            }
            assert_eq!(&past, stage, "at {at}");
            assert!(!reply.headers.contains_key("etag"));
        }
        let early = tickets.get(by, &format!("{ticket}?at=2026-03-02T08:59:59Z")).await;
        assert_eq!(early.refusal(), (404, "not_found"), "it was not there yet");
        let future = tickets.get(by, &format!("{ticket}?at=2030-01-01T00:00:00Z")).await;
        assert_eq!((future.status, &future.body["status"]), (200, &json!("CLOSED")));
    }
    for (at, refusal) in
        [("yesterday", (400, "bad_query")), ("", (400, "bad_query")), ("1e99", (400, "bad_query"))]
    {
        assert_eq!(tickets.get(&alice, &format!("{ticket}?at={at}")).await.refusal(), refusal, "{at}");
    }
    let mallory = tickets.world.user("mallory@example.com");
    assert_eq!(
        tickets.get(&mallory, &format!("{ticket}?at={}", stages[0].0)).await.refusal(),
        (404, "not_found")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_tells_every_field() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.put(&agent, &format!("/admin{ticket}/assign"), json!({"assignedTo": agent.id})).await;
    tickets.moved(&agent, &ticket, "IN_PROGRESS").await;
    tickets
        .put(
            &agent,
            &format!("/admin{ticket}/status"),
            json!({"status": "WAITING_USER", "comment": "Which?"}),
        )
        .await;

    let lines = tickets.all(&alice, &format!("{ticket}/history")).await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {} > {} {}",
                text("action"),
                text("fieldName"),
                text("oldValue"),
                text("newValue"),
                text("comment")
            )
        })
        .collect();
    let agent_id = agent.id.to_string();
    assert_eq!(
        told[..5],
        [
            "CREATED - - > - -".to_owned(),
            format!("ASSIGNED assignedTo - > {agent_id} -"),
            "STATUS_CHANGED status OPEN > IN_PROGRESS -".to_owned(),
            "STATUS_CHANGED status IN_PROGRESS > WAITING_USER Which?".to_owned(),
            "STATUS_CHANGED respondedAt - > 2026-03-02T09:00:00.000003Z -".to_owned(),
        ]
    );
    assert!(told[5].starts_with("STATUS_CHANGED slaPauses [] > "), "{told:?}");
    assert_eq!(lines[1]["userId"], json!(agent.id));
    let known = ["id", "userId", "action", "fieldName", "oldValue", "newValue", "comment", "createdAt"];
    for line in &lines {
        let mut keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let mut known = known;
        known.sort_unstable();
        assert_eq!(keys, known);
    }
}
