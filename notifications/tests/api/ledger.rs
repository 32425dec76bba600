//! `GET /admin/notifications` and its retry.

use chrono::Duration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::{events::SendPasswordResetMail, ids::DeliveryId};

use crate::{
    Service,
    smtp::{Mood, SmtpServer},
    tickets::Desk,
};

const PATH: &str = "/admin/notifications";

/// What a page says, line by line: whom, what, how, how far, why.
fn lines(page: &Value) -> Vec<String> {
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or("-").to_owned();
    let line =
        |line: &Value| ["template", "channel", "status", "reason"].map(|field| text(line, field)).join(" / ");
    let mut lines: Vec<_> = page["items"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_says_why_somebody_got_a_mail_or_not() {
    let desk = Desk::open().await;
    let service = &desk.service;
    let admin = service.world.admin("admin@example.com");
    let off = json!({"email": {"ticket_updated": false}});
    service.call(Method::PUT, "/notifications/preferences", &desk.alice, Some(off)).await;
    desk.told(&desk.moved(), Some(desk.bob.id)).await;
    desk.told(&desk.commented(false, Some("Bonjour")), Some(desk.alice.id)).await;

    let of_ticket = service.get(&format!("{PATH}?ticketId={}", desk.ticket.ticket_id), &admin).await;
    assert_eq!(
        lines(&of_ticket),
        [
            "ticket_commented / email / sent / -",
            "ticket_commented / email / suppressed / did it themselves",
            "ticket_commented / in_app / sent / -",
            "ticket_updated / email / suppressed / switched off by the recipient",
            "ticket_updated / in_app / sent / -",
        ]
    );
    assert!(!of_ticket.to_string().contains("Bonjour"), "what it says is not the administrator's business");
    let ticket = format!("ticketId={}", desk.ticket.ticket_id);
    for (filter, count) in [
        (format!("{ticket}&status=suppressed"), 2),
        (format!("{ticket}&template=ticket_updated"), 2),
        (format!("{ticket}&channel=in_app"), 2),
        (format!("userId={}", desk.bob.id), 2),
        (format!("userId={}&status=failed", desk.bob.id), 0),
    ] {
        let page = service.get(&format!("{PATH}?{filter}"), &admin).await;
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{filter}: {page}");
    }
    let first = service.get(&format!("{PATH}?limit=2&sort=createdAt"), &admin).await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = service.get(&format!("{PATH}?limit=100&sort=createdAt&cursor={cursor}"), &admin).await;
    let ids = |page: &Value| {
        let ids = page["items"].as_array().unwrap().iter().map(|line| line["id"].to_string());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(&first).len() + ids(&rest).len(), 5);
    assert!(ids(&first).is_disjoint(&ids(&rest)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_the_administrators() {
    let service = Service::start().await;
    let (agent, admin) = (service.world.agent("a@example.com"), service.world.admin("b@example.com"));
    let id = DeliveryId::at(service.world.clock().now());
    for (method, path) in [
        (Method::GET, PATH.to_owned()),
        (Method::POST, format!("{PATH}/{id}/retry")),
        (Method::GET, format!("{PATH}/templates")),
        (Method::GET, format!("{PATH}/templates/welcome")),
        (Method::DELETE, format!("{PATH}/templates/welcome")),
    ] {
        assert_eq!(
            service.stranger(method.clone(), &path).await,
            StatusCode::UNAUTHORIZED,
            "{method} {path}"
        );
        let (status, _) = service.call(method.clone(), &path, &agent, None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for path in [format!("{PATH}/{id}/retry"), format!("{PATH}/nonsense/retry")] {
        let (status, _) = service.call(Method::POST, &path, &admin, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    for query in ["status=gone", "template=horoscope", "channel=pigeon", "userId=1", "ticketId=x", "who=me"] {
        let (status, problem) = service.call(Method::GET, &format!("{PATH}?{query}"), &admin, None).await;
        assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("bad_query")), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_sent_once_more_when_somebody_asks() {
    let server = SmtpServer::start(Mood::Refuses).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let admin = service.world.admin("admin@example.com");
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Refused"), 1, Some(alice.id)).await;
    service.settled().await;
    let failed = service.get(&format!("{PATH}?status=failed"), &admin).await;
    let line = &failed["items"][0];
    assert!(line["reason"].as_str().unwrap().contains("550"), "{line}");
    assert!(!line["reason"].as_str().unwrap().contains('@'), "{line}");
    let retry = format!("{PATH}/{}/retry", line["id"].as_str().unwrap());

    server.turn(Mood::Takes);
    let (status, again) = service.call(Method::POST, &retry, &admin, None).await;
    assert_eq!(
        (status, &again["status"], &again["reason"]),
        (StatusCode::OK, &json!("pending"), &Value::Null)
    );
    service.settled().await;
    assert_eq!(server.mails().len(), 1);
    let (status, problem) = service.call(Method::POST, &retry, &admin, None).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("conflict")), "it has gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_line_of_a_list_nor_a_forgotten_secret_is_sent_again() {
    let service = Service::start().await;
    let admin = service.world.admin("admin@example.com");
    let alice = service.registered("alice@example.com").await;
    let off = json!({"inApp": {"ticket_created": false}});
    service.call(Method::PUT, "/notifications/preferences", &alice, Some(off)).await;
    service.world.deliver(&service.ticket(alice.id, "Quiet"), 1, Some(alice.id)).await;
    let now = service.world.clock().now();
    let (email, token) = ("alice@example.com".to_owned(), "s3cret".to_owned());
    let expired =
        SendPasswordResetMail { user_id: alice.id, email, token, expires_at: now - Duration::hours(1) };
    service.world.command(&expired).await;
    service.settled().await;
    for filter in ["channel=in_app&status=suppressed", "status=failed&template=password_reset"] {
        let page = service.get(&format!("{PATH}?{filter}"), &admin).await;
        let retry = format!("{PATH}/{}/retry", page["items"][0]["id"].as_str().expect(filter));
        let (status, _) = service.call(Method::POST, &retry, &admin, None).await;
        assert_eq!(status, StatusCode::CONFLICT, "{filter}");
    }
}
