//! Who goes first, and what happens without Redis.

use chrono::Duration;
use shared::events::SendPasswordResetMail;

use crate::{
    Service,
    eml::Eml,
    smtp::{Mood, SmtpServer},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_urgent_go_first_and_the_others_go_all_the_same() {
    const URGENT: usize = 40;
    let server = SmtpServer::start(Mood::Busy).await;
    let settings = [("SMTP_URL", server.url()), ("MAIL_CONCURRENCY", "1".to_owned())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let service = Service::with(&settings, None).await;
    let now = service.world.clock().now();
    let people: Vec<_> =
        (0..3).map(|number| service.world.user(&format!("low{number}@example.com"))).collect();
    for person in &people {
        let event = shared::events::UserRegistered {
            user_id: person.id,
            email: person.email.clone(),
            role: "user".to_owned(),
        };
        service.world.deliver(&event, 1, Some(person.id)).await;
    }
    for number in 0..URGENT {
        let command = SendPasswordResetMail {
            user_id: people[0].id,
            email: format!("high{number}@example.com"),
            token: format!("t{number}"),
            expires_at: now + Duration::hours(1),
        };
        service.world.command(&command).await;
    }
    let tried = "SELECT count(*) FROM deliveries WHERE attempts = 1 AND lease_until IS NULL";
    service.world.until("all were refused for now", || async { service.number(tried).await == 43 }).await;

    server.turn(Mood::Takes);
    service.world.clock().advance(Duration::seconds(5));
    service.settled().await;
    let order: Vec<_> = server.mails().iter().map(|raw| Eml::parse(raw).header("To")).collect();
    assert_eq!(order.len(), URGENT + 3);
    let low: Vec<_> = (0..order.len()).filter(|place| order[*place].starts_with("low")).collect();
    // One place of ten is theirs, wherever the count of ten stood.
    assert!(low[0] < 10 && low[2] < 30, "{order:?}");
    assert!(low[2] - low[0] >= 15, "the urgent have the other nine: {order:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_every_mail_goes() {
    let service = Service::with(&[("REDIS_URL", "redis://127.0.0.1:9")], None).await;
    let alice = service.registered("alice@example.com").await;
    for number in 0..5 {
        service.world.deliver(&service.ticket(alice.id, &number.to_string()), 1, Some(alice.id)).await;
    }
    service.mails_are(5).await;
}
