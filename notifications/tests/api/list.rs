//! The list behind `GET /notifications`.

use chrono::Duration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::testing::TestCaller;

use crate::Service;

/// Opens tickets for somebody, a second apart, and waits until they are told.
async fn tickets(service: &Service, caller: &TestCaller, titles: &[&str]) {
    for title in titles {
        service.world.clock().advance(Duration::seconds(1));
        service.world.deliver(&service.ticket(caller.id, title), 1, Some(caller.id)).await;
    }
    service.settled().await;
}

fn titles(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["title"].as_str().unwrap().rsplit(" - ").next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_ones_own_notifications_and_nobody_elses() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let bob = service.registered("bob@example.com").await;
    tickets(&service, &alice, &["Alice's"]).await;
    tickets(&service, &bob, &["Bob's"]).await;

    let page = service.get("/notifications", &alice).await;
    insta::assert_json_snapshot!(page, {".items[].id" => "…", ".items[].ticketId" => "…"}, @r#"
    {
      "items": [
        {
          "createdAt": "2026-01-31T10:00:01Z",
          "id": "…",
          "readAt": null,
          "template": "ticket_created",
          "ticketId": "…",
          "title": "Ticket #HD-000042 créé - Alice's"
        }
      ],
      "nextCursor": null
    }
    "#);
    assert_eq!(titles(&service.get("/notifications", &bob).await), ["Bob's"]);

    let id = page["items"][0]["id"].as_str().unwrap();
    let (status, problem) = service.call(Method::PUT, &format!("/notifications/{id}/read"), &bob, None).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
    let admin = service.world.admin("admin@example.com");
    let (status, _) = service.call(Method::PUT, &format!("/notifications/{id}/read"), &admin, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "an administrator's list is their own, too");
    assert_eq!(service.get("/notifications/unread-count", &alice).await, json!({"count": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_stable_while_new_ones_come() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    tickets(&service, &alice, &["1", "2", "3", "4", "5"]).await;

    let first = service.get("/notifications?limit=2", &alice).await;
    assert_eq!(titles(&first), ["5", "4"]);
    tickets(&service, &alice, &["6"]).await;
    let next =
        |page: &Value| format!("/notifications?limit=2&cursor={}", page["nextCursor"].as_str().unwrap());
    let second = service.get(&next(&first), &alice).await;
    assert_eq!(titles(&second), ["3", "2"]);
    let third = service.get(&next(&second), &alice).await;
    assert_eq!(titles(&third), ["1"]);
    assert_eq!(third["nextCursor"], Value::Null);

    let oldest = service.get("/notifications?limit=2&sort=createdAt", &alice).await;
    assert_eq!(titles(&oldest), ["1", "2"]);
    let cursor = oldest["nextCursor"].as_str().unwrap();
    let rest = service.get(&format!("/notifications?limit=9&sort=createdAt&cursor={cursor}"), &alice).await;
    assert_eq!(titles(&rest), ["3", "4", "5", "6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_one_moment_are_told_apart_by_the_cursor() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    for title in ["a", "b", "c"] {
        service.world.deliver(&service.ticket(alice.id, title), 1, Some(alice.id)).await;
    }
    service.settled().await;
    let mut seen = Vec::new();
    let mut path = "/notifications?limit=1".to_owned();
    loop {
        let page = service.get(&path, &alice).await;
        seen.extend(titles(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/notifications?limit=1&cursor={cursor}");
    }
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_no_longer_unread() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    tickets(&service, &alice, &["1", "2", "3"]).await;
    let page = service.get("/notifications?unread=true", &alice).await;
    assert_eq!(titles(&page), ["3", "2", "1"]);

    let path = format!("/notifications/{}/read", page["items"][1]["id"].as_str().unwrap());
    let (status, read) = service.call(Method::PUT, &path, &alice, None).await;
    assert_eq!((status, read["readAt"].is_string()), (StatusCode::OK, true));
    service.world.clock().advance(Duration::hours(1));
    let (_, again) = service.call(Method::PUT, &path, &alice, None).await;
    assert_eq!(again, read, "the first reading counts");

    assert_eq!(titles(&service.get("/notifications?unread=true", &alice).await), ["3", "1"]);
    assert_eq!(titles(&service.get("/notifications?unread=false", &alice).await), ["2"]);
    assert_eq!(service.get("/notifications/unread-count", &alice).await, json!({"count": 2}));
    let (status, _) = service.call(Method::PUT, "/notifications/read-all", &alice, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(service.get("/notifications/unread-count", &alice).await, json!({"count": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_turned_away_and_a_bad_question_answered() {
    let service = Service::start().await;
    let alice = service.world.user("alice@example.com");
    let id = alice.id;
    for (method, path) in [
        (Method::GET, "/notifications".to_owned()),
        (Method::GET, "/notifications/unread-count".to_owned()),
        (Method::PUT, "/notifications/read-all".to_owned()),
        (Method::PUT, format!("/notifications/{id}/read")),
        (Method::GET, "/notifications/preferences".to_owned()),
        (Method::PUT, "/notifications/preferences".to_owned()),
        (Method::GET, "/notifications/export".to_owned()),
    ] {
        assert_eq!(
            service.stranger(method.clone(), &path).await,
            StatusCode::UNAUTHORIZED,
            "{method} {path}"
        );
    }
    for (query, code) in [
        ("unread=maybe", "bad_query"),
        ("userId=1", "bad_query"),
        ("limit=0", "bad_query"),
        ("limit=101", "bad_query"),
        ("sort=title", "bad_query"),
        ("cursor=%7B%7D", "bad_cursor"),
    ] {
        let (status, problem) =
            service.call(Method::GET, &format!("/notifications?{query}"), &alice, None).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some(code)),
            "{query}: {problem}"
        );
    }
    for path in [format!("/notifications/{id}/read"), "/notifications/nonsense/read".to_owned()] {
        let (status, _) = service.call(Method::PUT, &path, &alice, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}
