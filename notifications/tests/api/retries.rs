//! Servers that are away, busy, or say no.

use chrono::Duration;
use serde_json::json;
use shared::events::{Event, NotificationFailed, SendPasswordResetMail};
use shared::ids::UserId;

use crate::{
    Service,
    smtp::{Mood, SmtpServer},
};

/// Waits for the only mail to have failed that often.
async fn failed_attempts(service: &Service, count: i64) {
    let attempts =
        || service.number("SELECT CAST(attempts AS BIGINT) FROM deliveries WHERE channel = 'email'");
    let sql = "SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL";
    service
        .world
        .until(&format!("{count} attempts have failed"), || async {
            attempts().await == count && service.number(sql).await == 0
        })
        .await;
}

async fn status(service: &Service) -> String {
    let rows = service
        .texts("SELECT status || ': ' || coalesce(last_error, '') FROM deliveries WHERE channel = 'email'");
    rows.await.remove(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_out_a_server_that_is_away() {
    let server = SmtpServer::start(Mood::Takes).await;
    let url = server.url();
    drop(server);
    let service = Service::with(&[("SMTP_URL", &url)], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Patience"), 1, Some(alice.id)).await;

    failed_attempts(&service, 1).await;
    assert!(status(&service).await.starts_with("pending: "), "{}", status(&service).await);
    service.world.clock().advance(Duration::seconds(5));
    failed_attempts(&service, 2).await;
    assert!(service.world.emitted("notifications").await.is_empty(), "nothing is final yet");

    let ready = reqwest::get(format!("{}/ready", service.url)).await.unwrap();
    assert_eq!(ready.status(), 200, "a mail server that is away is no reason to take the service out");
    let state: serde_json::Value = ready.json().await.unwrap();
    let mail = state["checks"].as_array().unwrap().iter().find(|check| check["name"] == "mail").unwrap();
    assert_eq!(
        mail,
        &json!({"name": "mail", "status": "degraded", "detail": "the mail server does not answer"})
    );
    service.alter("UPDATE deliveries SET status = 'suppressed'", []).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_takes_too_long_spoils_no_other_mail() {
    let server = SmtpServer::start(Mood::Waits).await;
    let settings =
        [("SMTP_URL", server.url()), ("MAIL_TIMEOUT", "1s".into()), ("MAIL_CONCURRENCY", "1".into())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let service = Service::with(&settings, None).await;
    let alice = service.registered("alice@example.com").await;
    let count =
        async |sql: &str| service.number(&format!("SELECT count(*) FROM deliveries WHERE {sql}")).await;
    let late = "channel = 'email' AND attempts > 0 AND lease_until IS NULL";
    service.world.deliver(&service.ticket(alice.id, "Late"), 1, Some(alice.id)).await;
    let all = count("channel = 'email'").await;
    service.world.until("each mail was given up for now", || async { count(late).await == all }).await;

    server.turn(Mood::Takes);
    service.world.deliver(&service.ticket(alice.id, "Behind it"), 1, Some(alice.id)).await;
    service.world.clock().advance(Duration::seconds(5));
    service.settled().await;

    assert_eq!(count("status = 'failed'").await, 0);
    let (ordered, sent) =
        (count("channel = 'email'").await, count("channel = 'email' AND status = 'sent'").await);
    assert_eq!(sent, ordered);
    assert_eq!(server.mails().len() as i64, ordered, "each has left the house, and none twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_gets_the_mail_later() {
    let server = SmtpServer::start(Mood::Busy).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Later"), 1, Some(alice.id)).await;

    for (failures, wait) in [(1, 5), (2, 5 * 60), (3, 30 * 60)] {
        failed_attempts(&service, failures).await;
        let early = service.world.clock().now();
        let due = "SELECT count(*) FROM deliveries WHERE channel = 'email' AND next_attempt_at = $1";
        let tx = service.world.db("notifications").begin().await.unwrap();
        let rows = tx.rows(due, [(early + Duration::seconds(wait)).into()]).await.unwrap();
        assert_eq!(rows[0].try_get_by_index::<i64>(0).unwrap(), 1, "after failure {failures}");
        drop(tx);
        if failures == 3 {
            server.turn(Mood::Takes);
        }
        service.world.clock().advance(Duration::seconds(wait));
    }
    service.settled().await;
    assert_eq!(server.mails().len(), 1);
    assert_eq!(status(&service).await, "sent: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_given_up_after_the_seventh_failure() {
    let server = SmtpServer::start(Mood::Busy).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Never"), 1, Some(alice.id)).await;

    for failures in 1..=7 {
        failed_attempts(&service, failures).await;
        service.world.clock().advance(Duration::hours(10));
    }
    service.settled().await;
    assert!(status(&service).await.starts_with("failed: "), "{}", status(&service).await);
    let emitted = service.world.emitted("notifications").await;
    assert_eq!(emitted.len(), 1);
    let failed: NotificationFailed = emitted[0].data().unwrap();
    assert_eq!((failed.attempts, failed.user_id), (7, alice.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_good_is_final_at_once_and_keeps_no_address() {
    let server = SmtpServer::start(Mood::Refuses).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "No"), 1, Some(alice.id)).await;

    service.settled().await;
    let emitted = service.world.emitted("notifications").await;
    assert_eq!(emitted[0].event_type, NotificationFailed::TYPE);
    let failed: NotificationFailed = emitted[0].data().unwrap();
    assert_eq!(failed.attempts, 1);
    assert!(failed.reason.contains("550") && !failed.reason.contains("example.com"), "{}", failed.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_ours_costs_no_mail() {
    let server = SmtpServer::start(Mood::WrongPassword).await;
    let service = Service::with(&[("SMTP_URL", &server.url_with("helpdesk", "pa55word"))], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Kept"), 1, Some(alice.id)).await;

    failed_attempts(&service, 1).await;
    let kept = status(&service).await;
    assert!(kept.starts_with("pending: ") && !kept.contains("pa55word"), "{kept}");
    server.turn(Mood::Takes);
    service.world.clock().advance(Duration::seconds(5));
    service.settled().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_encrypt_or_let_us_in_is_told_in_words_and_costs_no_mail() {
    for (mood, options, words) in [
        (Mood::NoService, "", "greeting: permanent error (554): 5.3.2 no mail service here"),
        (Mood::Takes, "?tls=required", "STARTTLS is not supported"),
        (Mood::NoTls, "?tls=required", "STARTTLS: transient error (454): 4.7.0 no certificate at hand"),
        (Mood::NoTls, "?tls=opportunistic", "STARTTLS: transient error (454): 4.7.0 no certificate at hand"),
        (Mood::WrongPassword, "", "signing in: permanent error (535): 5.7.8 authentication failed"),
    ] {
        let server = SmtpServer::start(mood).await;
        let url = server.url_with("helpdesk", "pa55word") + options;
        let service = Service::with(&[("SMTP_URL", &url)], None).await;
        let alice = service.registered("alice@example.com").await;
        service.world.deliver(&service.ticket(alice.id, "Kept"), 1, Some(alice.id)).await;
        failed_attempts(&service, 1).await;
        let kept = status(&service).await;
        assert!(kept.starts_with("pending: ") && kept.contains(words), "{kept}");
        assert!(!kept.contains("pa55word") && server.recipients().is_empty(), "{kept}");
        service.alter("UPDATE deliveries SET status = 'suppressed'", []).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_between_two_mails_delays_neither() {
    let server = SmtpServer::start(Mood::TakesOne).await;
    let settings = [("SMTP_URL", server.url()), ("MAIL_CONCURRENCY", "1".into())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let service = Service::with(&settings, None).await;
    let alice = service.registered("alice@example.com").await;
    for title in ["First", "Second", "Third"] {
        service.world.deliver(&service.ticket(alice.id, title), 1, Some(alice.id)).await;
        service.settled().await;
    }
    assert_eq!(server.mails().len(), 3);
    let tried = "SELECT count(*) FROM deliveries WHERE channel = 'email' AND attempts > 0";
    assert_eq!(service.number(tried).await, 0, "no attempt was wasted on a connection that had ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_after_the_mail_may_get_it_again_with_the_same_message_id() {
    let server = SmtpServer::start(Mood::TakesAndHangsUp).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Unsure"), 1, Some(alice.id)).await;
    failed_attempts(&service, 1).await;
    server.turn(Mood::Takes);
    service.world.clock().advance(Duration::seconds(5));
    service.settled().await;

    let ids: Vec<_> =
        server.mails().iter().map(|raw| crate::eml::Eml::parse(raw).header("Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_forgotten_when_its_time_is_over_even_if_the_server_never_came_back() {
    let server = SmtpServer::start(Mood::Busy).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let now = service.world.clock().now();
    let command = SendPasswordResetMail {
        user_id: UserId::at(now),
        email: "alice@example.com".into(),
        token: "s3cret-t0ken".into(),
        expires_at: now + Duration::minutes(30),
    };
    service.world.command(&command).await;
    for (failures, wait) in [(1, 5), (2, 300)] {
        failed_attempts(&service, failures).await;
        service.world.clock().advance(Duration::seconds(wait));
    }
    failed_attempts(&service, 3).await;
    assert!(service.texts("SELECT payload FROM deliveries").await[0].as_ref().unwrap().contains("s3cret"));
    // The next attempt would be 30 min later; the link's end comes first.
    service.world.clock().advance(Duration::minutes(30) - Duration::seconds(305));
    service.settled().await;
    assert_eq!(status(&service).await, "failed: expired");
    assert_eq!(service.texts("SELECT payload FROM deliveries").await, [Some("{}".to_owned())]);
    assert!(server.mails().is_empty());
}
