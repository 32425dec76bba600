use futures_util::future::join_all;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Reply, Tickets};

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_answered_told_and_listed() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;

    let written = tickets.wrote(&agent, &ticket, "Have you tried\nturning it off?", false).await;

    assert_json_snapshot!(written, {".id" => "[id]", ".ticketId" => "[ticket]", ".userId" => "[agent]"}, @r#"
    {
      "content": "Have you tried\nturning it off?",
      "createdAt": "2026-03-02T09:00:00.000001Z",
      "id": "[id]",
      "isInternal": false,
      "ticketId": "[ticket]",
      "updatedAt": "2026-03-02T09:00:00.000001Z",
      "userId": "[agent]"
    }
    "#);
    assert_eq!(tickets.all(&alice, &format!("{ticket}/comments")).await, [written]);
    let (kind, data) = tickets.told(&ticket).await.pop().unwrap();
    assert_eq!(
        (kind.as_str(), &data["content"]),
        ("ticket.commented", &json!("Have you tried\nturning it off?"))
    );
    assert!(tickets.get(&alice, &ticket).await.body["sla"]["respondedAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requesters_answer_sets_a_waiting_ticket_to_work_again() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.brought_to(&agent, &ticket, "WAITING_USER").await;

    tickets.wrote(&agent, &ticket, "Well?", false).await;
    assert_eq!(tickets.get(&alice, &ticket).await.body["status"], "WAITING_USER");
    tickets.wrote(&alice, &ticket, "It is plugged in.", false).await;
    assert_eq!(tickets.get(&alice, &ticket).await.body["status"], "IN_PROGRESS");

    let kinds: Vec<_> = tickets.told(&ticket).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["ticket.commented", "ticket.status_changed"]);
    let versions: Vec<_> =
        tickets.world.emitted("tickets").await.iter().map(|it| it.aggregate_version).collect();
    assert_eq!(versions, (1..=6).collect::<Vec<_>>(), "each event has a version of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_never_sees_internal_comments() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.wrote(&agent, &ticket, "We are on it.", false).await;
    let seen = async || {
        let mut all = Vec::new();
        for path in [
            ticket.clone(),
            format!("{ticket}/comments"),
            format!("{ticket}/history"),
            format!("{ticket}/attachments"),
            format!("{ticket}/sla"),
            format!("{ticket}?at=2026-03-02T09:30:00Z"),
            "/tickets".to_owned(),
            "/tickets?q=xylophone".to_owned(),
            "/tickets?q=printer".to_owned(),
            "/tickets/export".to_owned(),
        ] {
            let reply = tickets.get(&alice, &path).await;
            assert_eq!(reply.status, 200, "{path}");
            let etag = reply.headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned());
            all.push((path, etag, reply.body));
        }
        all
    };

    // Behind the public one, in whichever order ids of one moment come.
    tickets.world.clock().advance(chrono::TimeDelta::seconds(1));
    let before = seen().await;
    let secret = tickets.wrote(&agent, &ticket, "The xylophone is a known fault.", true).await;
    assert_eq!(seen().await, before, "not even that there is one can be seen");

    let of_agent = tickets.all(&agent, &format!("{ticket}/comments")).await;
    assert_eq!((of_agent.len(), &of_agent[1]), (2, &secret));
    let lines = tickets.all(&agent, &format!("{ticket}/history")).await;
    assert_eq!(lines.iter().filter(|line| line["fieldName"] == "comment").count(), 2);
    let found = tickets.get(&agent, "/admin/tickets?q=xylophone").await.body;
    assert_eq!(found["items"], json!([]), "what cannot be shown to all is not searched");
    let (_, event) = tickets.told(&ticket).await.pop().unwrap();
    assert_eq!((&event["isInternal"], &event["content"]), (&json!(true), &Value::Null));
    assert_eq!(tickets.get(&agent, &ticket).await.body["version"], 2, "its version tells nothing either");

    let body = json!({"content": "psst", "isInternal": true});
    let reply =
        Reply::to(tickets.request(&alice, Method::POST, &format!("{ticket}/comments")).json(&body)).await;
    assert_eq!(reply.refusal(), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_posts_at_once_with_one_key_write_one_comment() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.opened(&alice, json!({})).await;
    let post = || {
        let request = tickets.request(&alice, Method::POST, &format!("{ticket}/comments"));
        Reply::to(request.header("idempotency-key", "one").json(&json!({"content": "Please!"})))
    };

    let replies = join_all((0..10).map(|_| post())).await;

    let written: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert!(!written.is_empty() && written.iter().all(|reply| reply.body == written[0].body));
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refusal(), (409, "idempotency_in_progress"));
    }
    assert_eq!(tickets.count("ticket_comments").await, 1);
    let other = tickets.opened(&alice, json!({})).await;
    let elsewhere = tickets.request(&alice, Method::POST, &format!("{other}/comments"));
    let elsewhere = elsewhere.header("idempotency-key", "one").json(&json!({"content": "Please!"}));
    assert_eq!(Reply::to(elsewhere).await.refusal(), (422, "idempotency_mismatch"));
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_read_page_by_page_in_both_directions() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.opened(&alice, json!({})).await;
    for number in 0..10 {
        tickets.world.clock().advance(chrono::TimeDelta::seconds(number % 2));
        tickets.wrote(&alice, &ticket, &format!("number {number}"), false).await;
    }
    for path in ["comments", "history"] {
        let forth = tickets.all(&alice, &format!("{ticket}/{path}")).await;
        let mut back = tickets.all(&alice, &format!("{ticket}/{path}?sort=-createdAt")).await;
        back.reverse();
        assert_eq!(forth, back, "{path}");
        let mut ids: Vec<_> = forth.iter().map(|item| item["id"].to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), if path == "comments" { 10 } else { 11 }, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_comment_is_refused_by_field() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = tickets.opened(&alice, json!({})).await;
    for (body, fault) in [
        (json!({}), ("content", "required")),
        (json!({"content": "\u{200b}\n"}), ("content", "blank")),
        (json!({"content": "é".repeat(20_001)}), ("content", "too_long")),
        (json!({"content": "\u{1b}[2J"}), ("content", "control_character")),
    ] {
        let reply =
            Reply::to(tickets.request(&alice, Method::POST, &format!("{ticket}/comments")).json(&body)).await;
        assert_eq!((reply.refusal(), reply.faults()), ((422, "validation_failed"), vec![fault]));
    }
    tickets.wrote(&alice, &ticket, &"日".repeat(20_000), false).await;
    let unknown = json!({"content": "x", "userId": "0199aaaa-0000-7000-8000-000000000000"});
    let reply =
        Reply::to(tickets.request(&alice, Method::POST, &format!("{ticket}/comments")).json(&unknown)).await;
    assert_eq!(reply.refusal(), (400, "unknown_field"));
}
