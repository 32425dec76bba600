//! What is sent, to whom, and how often.

use chrono::Duration;
use shared::{
    events::{
        Event, NotificationSent, SendPasswordResetMail, SendVerificationMail, UserPasswordChanged,
        UserPasswordReset, UserProfileUpdated,
    },
    ids::UserId,
};

use crate::Service;

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_ticket_makes_one_mail_to_its_requester() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let ticket = service.ticket(alice.id, "Écran noir");
    let event = service.world.deliver(&ticket, 1, Some(alice.id)).await;

    let mails = service.mails_are(1).await;
    let mail = &mails[0];
    assert_eq!(mail.header("To"), "alice@example.com");
    assert_eq!(mail.header("Subject"), "Ticket #HD-000042 créé - Écran noir");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("Content-Language"), "fr");
    assert!(mail.header("References").starts_with(&format!("<ticket-{}@", ticket.ticket_id)));
    assert!(mail.text.starts_with("Bonjour alice,\n\nVotre ticket a été créé avec succès."), "{}", mail.text);
    assert!(
        mail.html.contains(&format!("https://help.example.com/tickets/{}", ticket.ticket_id)),
        "{}",
        mail.html
    );

    let emitted = service.world.emitted("notifications").await;
    assert_eq!(emitted.len(), 1);
    let sent: NotificationSent = emitted[0].data().unwrap();
    assert_eq!(emitted[0].event_type, NotificationSent::TYPE);
    assert_eq!((sent.event_id, sent.user_id), (event.event_id, alice.id));
    assert_eq!((sent.template.as_str(), sent.channel.as_str()), ("ticket_created", "email"));
    assert_eq!(emitted[0].causation_id, Some(event.event_id));
    assert_eq!(emitted[0].correlation_id, event.correlation_id);
    assert!(mail.header("Message-ID").starts_with(&format!("<{}@", sent.delivery_id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_makes_one_mail() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let event = service.world.deliver(&service.ticket(alice.id, "Once"), 1, Some(alice.id)).await;
    service.mails_are(1).await;

    service.world.deliver_again(&event).await;
    // A replay may come after the inbox was purged: the delivery's own key must hold then.
    let forgotten = service.alter("DELETE FROM inbox WHERE consumer = 'notifications'", []).await;
    assert!(forgotten > 0);
    service.world.deliver_again(&event).await;
    service.world.deliver(&service.ticket(alice.id, "Another"), 1, Some(alice.id)).await;

    let mails = service.mails_are(2).await;
    assert_eq!(mails.iter().filter(|mail| mail.header("Subject").ends_with("Once")).count(), 1);
    assert_eq!(service.number("SELECT count(*) FROM deliveries WHERE channel = 'in_app'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_comes_in_the_language_and_with_the_name_of_the_profile() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let profile = UserProfileUpdated {
        user_id: alice.id,
        first_name: Some("Alice".into()),
        last_name: Some("Archer".into()),
        language: Some("en".into()),
        changes: Vec::new(),
    };
    service.world.deliver(&profile, 2, Some(alice.id)).await;
    service.world.deliver(&service.ticket(alice.id, "Printer"), 1, Some(alice.id)).await;

    let mail = &service.mails_are(1).await[0];
    assert_eq!(mail.header("Subject"), "Ticket #HD-000042 created - Printer");
    assert_eq!(mail.header("Content-Language"), "en");
    assert!(mail.text.starts_with("Hello Alice Archer,\n"), "{}", mail.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_mail_goes_out_before_anybody_has_heard_of_the_account_and_its_secret_is_forgotten() {
    let service = Service::start().await;
    let expires_at = service.world.clock().now() + Duration::hours(24);
    let command = SendVerificationMail {
        user_id: UserId::at(expires_at),
        email: "new@example.com".into(),
        token: "s3cret-t0ken".into(),
        expires_at,
    };
    service.world.command(&command).await;

    let mail = &service.mails_are(1).await[0];
    assert_eq!(mail.header("To"), "new@example.com");
    assert!(
        mail.text.contains("https://help.example.com/verify-email?token=s3cret-t0ken\n"),
        "{}",
        mail.text
    );
    assert_eq!(mail.count("References"), 0);
    assert_eq!(service.texts("SELECT payload FROM deliveries").await, [Some("{}".to_owned())]);
    let emitted = service.world.emitted("notifications").await;
    assert!(!serde_json::to_string(&emitted).unwrap().contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_link_is_not_sent_and_its_secret_is_forgotten() {
    let service = Service::start().await;
    let now = service.world.clock().now();
    let command = SendPasswordResetMail {
        user_id: UserId::at(now),
        email: "late@example.com".into(),
        token: "s3cret-t0ken".into(),
        expires_at: now,
    };
    service.world.command(&command).await;

    service.settled().await;
    assert!(service.mails().is_empty());
    let rows = service.texts("SELECT status || ' ' || last_error || ' ' || payload FROM deliveries").await;
    assert_eq!(rows, [Some("failed expired {}".to_owned())]);
    let emitted = service.world.emitted("notifications").await;
    let data: serde_json::Value = serde_json::from_str(emitted[0].data.get()).unwrap();
    insta::assert_json_snapshot!(data, {".deliveryId" => "…", ".eventId" => "…", ".userId" => "…"}, @r#"
    {
      "attempts": 0,
      "channel": "email",
      "deliveryId": "…",
      "eventId": "…",
      "reason": "expired",
      "template": "password_reset",
      "userId": "…"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_told_whichever_way_it_was_set() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&UserPasswordChanged { user_id: alice.id }, 2, Some(alice.id)).await;
    service.mails_are(1).await;
    service.world.deliver(&UserPasswordReset { user_id: alice.id }, 3, None).await;

    let mails = service.mails_are(2).await;
    for mail in &mails {
        assert_eq!(mail.header("Subject"), "Votre mot de passe a été modifié");
        assert!(mail.text.contains("modifié le 31/01/2026 à 10:00 (UTC)."), "{}", mail.text);
    }
    // Nothing to see in the list: it is the mail that guards.
    assert_eq!(service.number("SELECT count(*) FROM deliveries WHERE channel = 'in_app'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_sent_again_after_a_death_has_the_same_message_id() {
    let server = crate::smtp::SmtpServer::start(crate::smtp::Mood::Takes).await;
    let service = Service::with(&[("SMTP_URL", &server.url())], None).await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&service.ticket(alice.id, "Twice"), 1, Some(alice.id)).await;
    service.world.until("it is taken", || async { server.mails().len() == 1 }).await;
    service.settled().await;

    // A worker that was killed between the server's 250 and the mark leaves exactly this behind.
    let past = service.world.clock().now() - Duration::seconds(1);
    let undone =
        "UPDATE deliveries SET status = 'pending', sent_at = NULL, lease_until = $1 WHERE channel = 'email'";
    assert_eq!(service.alter(undone, [past.into()]).await, 1);
    service.world.until("it is taken again", || async { server.mails().len() == 2 }).await;
    service.settled().await;
    assert_eq!(server.mails()[0], server.mails()[1], "the same bytes, Message-ID included");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_has_not_run_out_is_left_alone() {
    let service = Service::start().await;
    let alice = service.world.user("alice@example.com");
    // Ordered while nothing is known of alice, and claimed by another replica before she is.
    service.world.deliver(&service.ticket(alice.id, "Claimed"), 1, Some(alice.id)).await;
    let future = service.world.clock().now() + Duration::seconds(90);
    service.alter("UPDATE deliveries SET lease_until = $1 WHERE channel = 'email'", [future.into()]).await;
    service.register(alice.id, "alice@example.com").await;
    let bob = service.registered("bob@example.com").await;
    service.world.deliver(&service.ticket(bob.id, "Free"), 1, Some(bob.id)).await;

    service.world.until("the free one is sent", || async { service.pending().await == 1 }).await;
    assert_eq!(service.mails()[0].header("To"), "bob@example.com");
    service.world.clock().advance(Duration::seconds(91));
    service.mails_are(2).await;
}
