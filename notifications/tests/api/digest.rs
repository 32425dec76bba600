//! Mails that wait for each other.

use chrono::Duration;
use reqwest::{Method, StatusCode};
use serde_json::json;
use shared::events::{SlaClock, TicketSlaWarning, UserDeleted, UserPasswordChanged};
use shared::testing::TestCaller;

use crate::Service;

async fn prefer(service: &Service, by: &TestCaller, digest: &str) {
    let wish = Some(json!({"digest": digest}));
    let (status, body) = service.call(Method::PUT, "/notifications/preferences", by, wish).await;
    assert_eq!((status, &body["digest"]), (StatusCode::OK, &json!(digest)));
}

async fn collected(service: &Service, count: i64) {
    let sql = "SELECT count(*) FROM deliveries WHERE status = 'collected'";
    service.world.until(&format!("{count} wait"), || async { service.number(sql).await == count }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_within_the_hour_goes_out_together_at_its_end() {
    let service = Service::start().await;
    let admin = service.world.admin("admin@example.com");
    let (alice, bob) =
        (service.registered("alice@example.com").await, service.registered("bob@example.com").await);
    prefer(&service, &alice, "hourly").await;
    for title in ["<b>One</b>", "Two", "Three"] {
        service.world.clock().advance(Duration::minutes(5));
        service.world.deliver(&service.ticket(alice.id, title), 1, Some(alice.id)).await;
    }
    service.world.deliver(&service.ticket(bob.id, "Bob's"), 1, Some(bob.id)).await;
    collected(&service, 3).await;
    assert_eq!(service.mails_are(1).await[0].header("To"), "bob@example.com");
    let waiting = service.get("/admin/notifications?status=collected", &admin).await;
    assert_eq!(waiting["items"][0]["reason"], "waits for the digest");
    assert_eq!(waiting["items"][0]["nextAttemptAt"], "2026-01-31T11:00:00Z");
    // The list has them at once.
    assert_eq!(service.get("/notifications/unread-count", &alice).await, json!({"count": 3}));

    service.world.clock().advance(Duration::minutes(45));
    let mails = service.mails_are(2).await;
    let digest = mails.iter().find(|mail| mail.header("To") == "alice@example.com").unwrap();
    assert_eq!(digest.header("Subject"), "Vos notifications (3)");
    assert_eq!(digest.count("References"), 0, "it belongs to no single ticket");
    let order: Vec<_> = ["- Ticket #HD-000042 créé - <b>One</b>\n", "- Two\n", "- Three\n"]
        .map(|title| digest.text.find(title))
        .to_vec();
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{}", digest.text);
    assert!(!digest.html.contains("<b>") && digest.html.contains("&lt;b&gt;One"), "{}", digest.html);
    let gone = service.get("/admin/notifications?status=digested", &admin).await;
    let sent = service.get("/admin/notifications?template=digest", &admin).await;
    assert_eq!((gone["items"].as_array().unwrap().len(), sent["items"].as_array().unwrap().len()), (3, 1));
    assert_eq!(gone["items"][0]["digestId"], sent["items"][0]["id"]);

    // The next hour begins with nothing.
    service.world.clock().advance(Duration::hours(1));
    service.world.deliver(&service.ticket(alice.id, "Four"), 1, Some(alice.id)).await;
    collected(&service, 1).await;
    service.world.clock().advance(Duration::hours(1));
    let mails = service.mails_are(3).await;
    assert!(mails.iter().any(|mail| mail.header("Subject") == "Vos notifications (1)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_wait_does_not() {
    let service = Service::start().await;
    let alice = service.registered_agent("alice@example.com").await;
    prefer(&service, &alice, "daily").await;
    let ticket = service.ticket(service.world.user("bob@example.com").id, "Late");
    let warning = TicketSlaWarning {
        ticket_id: ticket.ticket_id,
        ticket_number: ticket.ticket_number,
        title: ticket.title,
        priority: ticket.priority,
        user_id: ticket.user_id,
        clock: SlaClock::Resolution,
        due_at: ticket.due_date,
        assigned_to: Some(alice.id),
    };
    service.world.deliver(&warning, 2, None).await;
    service.world.deliver(&UserPasswordChanged { user_id: alice.id }, 2, Some(alice.id)).await;
    service.mails_are(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_gone_gets_no_digest() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    prefer(&service, &alice, "daily").await;
    service.world.deliver(&service.ticket(alice.id, "My secret disease"), 1, Some(alice.id)).await;
    collected(&service, 1).await;
    service.world.deliver(&UserDeleted { user_id: alice.id }, 2, None).await;
    service.world.clock().advance(Duration::days(2));
    service.settled().await;
    assert!(service.mails().is_empty());
    let left = service.texts("SELECT status || ' ' || last_error || ' ' || payload FROM deliveries").await;
    assert_eq!(left, [Some("suppressed recipient erased {}".to_owned())]);
}
