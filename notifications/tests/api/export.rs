//! `GET /notifications/export`.

use chrono::Duration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::events::{SendPasswordResetMail, UserProfileUpdated};

use crate::Service;

const PATH: &str = "/notifications/export";

#[tokio::test(flavor = "multi_thread")]
async fn one_takes_away_all_that_is_kept_about_oneself_the_oldest_first() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let bob = service.registered("bob@example.com").await;
    let profile = UserProfileUpdated {
        user_id: alice.id,
        first_name: Some("Alice".into()),
        last_name: Some("Archer".into()),
        language: Some("en".into()),
        changes: Vec::new(),
    };
    service.world.deliver(&profile, 1, Some(alice.id)).await;
    service.world.deliver(&service.ticket(alice.id, "Printer"), 1, Some(alice.id)).await;
    service.world.deliver(&service.ticket(bob.id, "Bob's secret"), 1, Some(bob.id)).await;
    service.settled().await;
    service.world.clock().advance(Duration::hours(1));
    let off = json!({"email": {"ticket_created": false}});
    service.call(Method::PUT, "/notifications/preferences", &alice, Some(off)).await;
    service.world.deliver(&service.ticket(alice.id, "Screen"), 1, Some(alice.id)).await;
    service.settled().await;
    service.call(Method::PUT, "/notifications/read-all", &alice, None).await;

    let mut export = service.get(PATH, &alice).await;
    assert!(!export.to_string().contains("Bob"), "{export}");
    // Both channels of one event were ordered in the same moment.
    let lines = export["notifications"].as_array_mut().unwrap();
    lines.sort_by_key(|line| (line["createdAt"].to_string(), line["channel"].to_string()));
    assert_eq!(export["preferences"], service.get("/notifications/preferences", &alice).await);
    assert_eq!(export["preferences"]["email"]["ticket_created"], json!(false));
    insta::assert_json_snapshot!(export, {
        ".preferences" => "…", ".notifications[].id" => "…", ".notifications[].ticketId" => "…", ".notifications[].details.ticketId" => "…",
    }, @r#"
    {
      "notifications": [
        {
          "address": null,
          "attempts": 0,
          "channel": "email",
          "createdAt": "2026-01-31T10:00:00Z",
          "details": {
            "category": "hardware",
            "priority": "HIGH",
            "ticketId": "…",
            "ticketNumber": "HD-000042",
            "title": "Printer"
          },
          "expiresAt": null,
          "id": "…",
          "readAt": null,
          "reason": null,
          "sentAt": "2026-01-31T10:00:00Z",
          "status": "sent",
          "template": "ticket_created",
          "ticketId": "…",
          "title": "Ticket #HD-000042 created - Printer"
        },
        {
          "address": null,
          "attempts": 0,
          "channel": "in_app",
          "createdAt": "2026-01-31T10:00:00Z",
          "details": {
            "category": "hardware",
            "priority": "HIGH",
            "ticketId": "…",
            "ticketNumber": "HD-000042",
            "title": "Printer"
          },
          "expiresAt": null,
          "id": "…",
          "readAt": "2026-01-31T11:00:00Z",
          "reason": null,
          "sentAt": "2026-01-31T10:00:00Z",
          "status": "sent",
          "template": "ticket_created",
          "ticketId": "…",
          "title": "Ticket #HD-000042 created - Printer"
        },
        {
          "address": null,
          "attempts": 0,
          "channel": "email",
          "createdAt": "2026-01-31T11:00:00Z",
          "details": {
            "category": "hardware",
            "priority": "HIGH",
            "ticketId": "…",
            "ticketNumber": "HD-000042",
            "title": "Screen"
          },
          "expiresAt": null,
          "id": "…",
          "readAt": null,
          "reason": "switched off by the recipient",
          "sentAt": null,
          "status": "suppressed",
          "template": "ticket_created",
          "ticketId": "…",
          "title": "Ticket #HD-000042 created - Screen"
        },
        {
          "address": null,
          "attempts": 0,
          "channel": "in_app",
          "createdAt": "2026-01-31T11:00:00Z",
          "details": {
            "category": "hardware",
            "priority": "HIGH",
            "ticketId": "…",
            "ticketNumber": "HD-000042",
            "title": "Screen"
          },
          "expiresAt": null,
          "id": "…",
          "readAt": "2026-01-31T11:00:00Z",
          "reason": null,
          "sentAt": "2026-01-31T11:00:00Z",
          "status": "sent",
          "template": "ticket_created",
          "ticketId": "…",
          "title": "Ticket #HD-000042 created - Screen"
        }
      ],
      "preferences": "…",
      "recipient": {
        "email": "alice@example.com",
        "firstName": "Alice",
        "isActive": true,
        "language": "en",
        "lastName": "Archer",
        "role": "user"
      }
    }
    "#);

    let theirs = service.get(PATH, &bob).await;
    assert_eq!(theirs["notifications"].as_array().unwrap().len(), 2);
    assert!(!theirs.to_string().contains("lice"), "{theirs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_comes_first() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    for title in ["1", "2", "3"] {
        service.world.clock().advance(Duration::seconds(1));
        service.world.deliver(&service.ticket(alice.id, title), 1, Some(alice.id)).await;
    }
    service.settled().await;
    let export = service.get(PATH, &alice).await;
    let titles = |line: &Value| line["details"]["title"].as_str().unwrap().to_owned();
    let titles: Vec<_> = export["notifications"].as_array().unwrap().iter().map(titles).collect();
    assert_eq!(titles, ["1", "1", "2", "2", "3", "3"]);
}

/// Whoever has come by an access token is not to set a new password with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_link_is_not_given_out_neither_while_it_waits_nor_after() {
    let server = crate::smtp::SmtpServer::start(crate::smtp::Mood::Busy).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    let command = SendPasswordResetMail {
        user_id: alice.id,
        email: "alice@example.com".into(),
        token: "s3cret-t0ken".into(),
        expires_at: service.world.clock().now() + Duration::minutes(30),
    };
    service.world.command(&command).await;
    let tried = "SELECT count(*) FROM deliveries WHERE attempts = 1 AND lease_until IS NULL";
    service.world.until("it was tried", || async { service.number(tried).await == 1 }).await;
    let waiting = service.get(PATH, &alice).await;
    server.turn(crate::smtp::Mood::Takes);
    service.world.clock().advance(Duration::seconds(5));
    service.settled().await;
    let sent = service.get(PATH, &alice).await;

    for (export, status) in [(waiting, "pending"), (sent, "sent")] {
        assert!(!export.to_string().contains("s3cret"), "{export}");
        let line = &export["notifications"][0];
        assert_eq!((&line["status"], &line["details"]), (&json!(status), &Value::Null));
        assert_eq!(line["title"], "Réinitialisation de votre mot de passe");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_yet_has_an_empty_export_and_a_question_too_many_is_refused() {
    let service = Service::start().await;
    let alice = service.world.user("alice@example.com");
    let export = service.get(PATH, &alice).await;
    assert_eq!(export["preferences"], service.get("/notifications/preferences", &alice).await);
    insta::assert_json_snapshot!(export, {".preferences" => "…"}, @r#"
    {
      "notifications": [],
      "preferences": "…",
      "recipient": {
        "email": null,
        "firstName": null,
        "isActive": true,
        "language": null,
        "lastName": null,
        "role": null
      }
    }
    "#);
    let other = format!("{PATH}?userId={}", alice.id);
    let (status, problem) = service.call(Method::GET, &other, &alice, None).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::BAD_REQUEST, Some("bad_query")));
}
