//! Who is known, and what follows from it.

use chrono::Duration;
use shared::events::{UserDeleted, UserEmailVerified, UserRegistered, UserRoleChanged, UserStatusChanged};

use crate::Service;

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_its_recipient_to_become_known() {
    let service = Service::start().await;
    let alice = service.world.user("alice@example.com");
    service.world.deliver(&service.ticket(alice.id, "Early"), 1, Some(alice.id)).await;
    let waiting =
        "SELECT count(*) FROM deliveries WHERE last_error = 'recipient not known yet' AND attempts = 0";
    service.world.until("it waits", || async { service.number(waiting).await == 1 }).await;
    service.world.clock().advance(Duration::days(3));
    let now = service.world.clock().now();
    let postponed = "SELECT count(*) FROM deliveries WHERE status = 'pending' AND lease_until IS NULL \
                     AND next_attempt_at > $1";
    service
        .world
        .until("it was looked at and waits on, however long it takes", || async {
            let tx = service.world.db("notifications").begin().await.unwrap();
            tx.rows(postponed, [now.into()]).await.unwrap()[0].try_get_by_index::<i64>(0).unwrap() == 1
        })
        .await;

    // The time stands still now: it is the arrival that wakes the mail.

    service.register(alice.id, "alice@example.com").await;
    let mail = &service.mails_are(1).await[0];
    assert_eq!(mail.header("To"), "alice@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn late_events_do_not_turn_the_projection_back() {
    let service = Service::start().await;
    let alice = service.world.user("alice@example.com");
    let verified = UserEmailVerified { user_id: alice.id, email: "new@example.com".into() };
    let registered =
        UserRegistered { user_id: alice.id, email: "old@example.com".into(), role: "user".into() };
    let promoted = UserRoleChanged { user_id: alice.id, old_role: "user".into(), new_role: "agent".into() };
    service.world.deliver(&promoted, 3, None).await;
    service.world.deliver(&verified, 2, None).await;
    service.world.deliver(&registered, 1, None).await;

    let row = service.texts("SELECT email || ' ' || role FROM recipients").await;
    assert_eq!(row, [Some("new@example.com agent".to_owned())]);
    service.world.deliver(&service.ticket(alice.id, "Where to"), 1, Some(alice.id)).await;
    // The welcome, the new role, and the ticket.
    for mail in service.mails_are(3).await {
        assert_eq!(mail.header("To"), "new@example.com");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_gets_no_ticket_mail() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    service.world.deliver(&UserStatusChanged { user_id: alice.id, is_active: false }, 2, None).await;
    service.world.deliver(&service.ticket(alice.id, "Closed"), 1, Some(alice.id)).await;
    service.settled().await;
    let rows =
        service.texts("SELECT status || ': ' || last_error FROM deliveries WHERE channel = 'email'").await;
    assert_eq!(rows, [Some("suppressed: recipient inactive".to_owned())]);
    assert!(service.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_account_leaves_nothing_personal_and_nothing_brings_it_back() {
    let service = Service::start().await;
    let alice = service.registered("alice@example.com").await;
    let event =
        service.world.deliver(&service.ticket(alice.id, "My secret disease"), 1, Some(alice.id)).await;
    service.mails_are(1).await;
    service.world.deliver(&UserDeleted { user_id: alice.id }, 2, None).await;

    // Late and repeated events.
    service.register(alice.id, "alice@example.com").await;
    service.alter("DELETE FROM inbox WHERE consumer = 'notifications'", []).await;
    service.world.deliver_again(&event).await;
    service.world.deliver(&service.ticket(alice.id, "After the end"), 1, Some(alice.id)).await;
    service.settled().await;

    assert_eq!(service.mails().len(), 1);
    assert_eq!(service.number("SELECT count(*) FROM recipients WHERE erased AND email IS NULL").await, 1);
    assert_eq!(service.texts("SELECT payload FROM deliveries").await, [Some("{}".to_owned())]);
    let list = service.get("/notifications", &alice).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 0);
}
