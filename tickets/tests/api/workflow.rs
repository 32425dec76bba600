use chrono::TimeDelta;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Reply, Tickets};

const STATUSES: [&str; 5] = ["OPEN", "IN_PROGRESS", "WAITING_USER", "RESOLVED", "CLOSED"];

/// The arrows of the specification's diagram.
const ARROWS: [(&str, &str); 6] = [
    ("OPEN", "IN_PROGRESS"),
    ("IN_PROGRESS", "WAITING_USER"),
    ("IN_PROGRESS", "RESOLVED"),
    ("WAITING_USER", "IN_PROGRESS"),
    ("RESOLVED", "CLOSED"),
    ("CLOSED", "OPEN"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_move_is_tried_and_only_the_arrows_are_followed() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    for from in STATUSES {
        for to in STATUSES {
            let ticket = tickets.opened(&alice, json!({})).await;
            tickets.brought_to(&agent, &ticket, from).await;
            let events = tickets.told(&ticket).await.len();
            let reply = tickets.put(&agent, &format!("/admin{ticket}/status"), json!({ "status": to })).await;
            if ARROWS.contains(&(from, to)) {
                assert_eq!((reply.status, &reply.body["status"]), (200, &json!(to)), "{from} to {to}");
                continue;
            }
            assert_eq!(reply.refusal(), (409, "invalid_transition"), "{from} to {to}");
            for (_, legal) in ARROWS.iter().filter(|(start, _)| *start == from) {
                assert!(
                    reply.body["detail"].as_str().unwrap().contains(legal),
                    "{from} to {to}: {}",
                    reply.body
                );
            }
            assert_eq!(tickets.get(&alice, &ticket).await.body["status"], from);
            assert_eq!(tickets.told(&ticket).await.len(), events, "a refused move says nothing");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_closes_what_is_resolved_and_reopens_what_is_closed_and_nothing_else() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    for from in STATUSES {
        for (verb, start, end) in [("close", "RESOLVED", "CLOSED"), ("reopen", "CLOSED", "OPEN")] {
            for by in [&alice, &agent] {
                let ticket = tickets.opened(&alice, json!({})).await;
                tickets.brought_to(&agent, &ticket, from).await;
                let reply = Reply::to(tickets.request(by, Method::POST, &format!("{ticket}/{verb}"))).await;
                if from == start {
                    assert_eq!((reply.status, &reply.body["status"]), (200, &json!(end)), "{verb} {from}");
                } else {
                    assert_eq!(reply.refusal(), (409, "invalid_transition"), "{verb} {from} by {}", by.email);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_says_who_why_and_what_solved_it() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.moved(&agent, &ticket, "IN_PROGRESS").await;

    let solved = json!({"status": "RESOLVED", "comment": "Try again, please.", "resolution": "New toner."});
    let reply = tickets.put(&agent, &format!("/admin{ticket}/status"), solved).await;

    assert_eq!((reply.status, reply.header("etag")), (200, "\"3\""));
    assert_eq!((&reply.body["resolution"], &reply.body["version"]), (&json!("New toner."), &json!(3)));
    assert!(reply.body["resolvedAt"].is_string() && reply.body["sla"]["respondedAt"].is_string());
    let (kind, data) = tickets.told(&ticket).await.pop().unwrap();
    assert_eq!(kind, "ticket.status_changed");
    assert_json_snapshot!(data, {".ticketId" => "[id]", ".userId" => "[alice]"}, @r#"
    {
      "assignedTo": null,
      "changes": [
        {
          "field": "resolution",
          "new": "New toner.",
          "old": null
        },
        {
          "field": "resolvedAt",
          "new": "2026-03-02T09:00:00.000002Z",
          "old": null
        },
        {
          "field": "respondedAt",
          "new": "2026-03-02T09:00:00.000002Z",
          "old": null
        }
      ],
      "comment": "Try again, please.",
      "newStatus": "RESOLVED",
      "oldStatus": "IN_PROGRESS",
      "ticketId": "[id]",
      "ticketNumber": "HD-000001",
      "title": "The printer is on fire",
      "userId": "[alice]"
    }
    "#);
    let early = json!({"status": "CLOSED", "resolution": "Something else"});
    let reply = tickets.put(&agent, &format!("/admin{ticket}/status"), early).await;
    assert_eq!(
        (reply.refusal(), reply.faults()),
        ((422, "validation_failed"), vec![("resolution", "not_resolved")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_none_is_refused_by_field() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    for (body, refusal, field) in [
        (json!({}), (422, "validation_failed"), Some(("status", "required"))),
        (json!({"status": "DONE"}), (422, "validation_failed"), Some(("status", "unknown_value"))),
        (
            json!({"status": "IN_PROGRESS", "comment": " "}),
            (422, "validation_failed"),
            Some(("comment", "blank")),
        ),
        (json!({"status": "IN_PROGRESS", "by": "me"}), (400, "unknown_field"), None),
        (json!({"status": {"$ne": null}}), (422, "validation_failed"), Some(("status", "invalid_type"))),
    ] {
        let reply = tickets.put(&agent, &format!("/admin{ticket}/status"), body.clone()).await;
        assert_eq!(reply.status, refusal.0, "{body}: {reply:?}");
        if let Some(fault) = field {
            assert_eq!((reply.refusal(), reply.faults()), (refusal, vec![fault]), "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_resolved_closes_by_itself_after_a_day_and_reopens_for_a_week() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.brought_to(&agent, &ticket, "RESOLVED").await;

    tickets.pass(TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
    // Tokens of a day ago have expired on the way.
    let agent = tickets.world.agent("agent@example.com");
    assert_eq!(tickets.get(&agent, &ticket).await.body["status"], "RESOLVED");
    tickets.pass(TimeDelta::seconds(2)).await;
    let agent = tickets.world.agent("agent@example.com");
    let closed = tickets.get(&agent, &ticket).await.body;
    assert_eq!(closed["status"], "CLOSED");
    let events = tickets.world.emitted("tickets").await;
    let last = events.last().unwrap();
    assert_eq!((last.event_type.as_str(), last.user_id), ("ticket.status_changed", None), "nobody did it");

    tickets.pass(TimeDelta::days(6)).await;
    let agent = tickets.world.agent("agent@example.com");
    let again = Reply::to(tickets.request(&agent, Method::POST, &format!("{ticket}/reopen"))).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("OPEN")));
    for unset in ["resolvedAt", "closedAt", "resolution"] {
        assert_eq!(again.body[unset], Value::Null, "{unset}");
    }
    assert_eq!(again.body["sla"]["remainingSeconds"], json!(24 * 3600), "its clock starts anew");

    tickets.brought_to(&agent, &ticket, "CLOSED").await;
    tickets.pass(TimeDelta::days(7) + TimeDelta::seconds(1)).await;
    let agent = tickets.world.agent("agent@example.com");
    let late = Reply::to(tickets.request(&agent, Method::POST, &format!("{ticket}/reopen"))).await;
    assert_eq!(late.refusal(), (409, "reopen_window_over"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_open_ticket_is_deleted_and_only_by_its_requester() {
    let tickets = Tickets::start().await;
    let (alice, agent) =
        (tickets.world.user("alice@example.com"), tickets.staffed("agent@example.com").await);
    let mallory = tickets.world.user("mallory@example.com");
    let ticket = tickets.opened(&alice, json!({})).await;
    tickets.wrote(&alice, &ticket, "Never mind.", false).await;
    let delete = async |by, ticket: &str| Reply::to(tickets.request(by, Method::DELETE, ticket)).await;

    assert_eq!(delete(&mallory, &ticket).await.refusal(), (404, "not_found"));
    assert_eq!(delete(&agent, &ticket).await.refusal(), (403, "forbidden"));
    assert_eq!(delete(&alice, &ticket).await.status, 204);
    assert_eq!(delete(&alice, &ticket).await.refusal(), (404, "not_found"));
    assert_eq!(tickets.told(&ticket).await.last().unwrap().0, "ticket.deleted");
    for table in ["tickets", "ticket_comments", "ticket_history", "ticket_search"] {
        assert_eq!(tickets.count(table).await, 0, "{table}");
    }

    for status in &STATUSES[1..] {
        let ticket = tickets.opened(&alice, json!({})).await;
        tickets.brought_to(&agent, &ticket, status).await;
        assert_eq!(delete(&alice, &ticket).await.refusal(), (409, "not_deletable"), "{status}");
    }
}
