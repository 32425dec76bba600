use chrono::Duration;
use serde_json::json;

use super::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_first_mail_proves_the_address() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.world.drain().await;
    let token = house.mailbox.verifications("alice@example.com").pop().unwrap();
    assert_eq!(house.get_as(&alice.access, "/auth/me").await.body["emailVerified"], false);
    assert_eq!(house.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    assert_eq!(house.get_as(&alice.access, "/auth/me").await.body["emailVerified"], true);
    assert_eq!(house.event_types().await, ["user.registered", "user.email_verified"]);
    let again = house.post("/auth/verify-email", json!({"token": token})).await;
    assert_eq!((again.status.as_u16(), again.code()), (422, "invalid_or_expired_link_token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_can_be_asked_for_again_but_not_without_end() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    house.clock().advance(Duration::minutes(10));
    for _ in 0..4 {
        assert_eq!(house.post_as(&alice.access, "/auth/resend-verification", json!({})).await.status, 202);
    }
    let reply = house.post_as(&alice.access, "/auth/resend-verification", json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.code(), reply.retry_after()), (429, "rate_limited", 50 * 60));
    house.world.drain().await;
    let tokens = house.mailbox.verifications("alice@example.com");
    assert_eq!(tokens.len(), 5);
    assert_eq!(
        house.post("/auth/verify-email", json!({"token": tokens[3]})).await.status,
        422,
        "the last one counts"
    );
    assert_eq!(house.post("/auth/verify-email", json!({"token": tokens[4]})).await.status, 204);
    let done = house.post_as(&alice.access, "/auth/resend-verification", json!({})).await;
    assert_eq!(done.status, 202, "nothing is left to be proven");
    house.world.drain().await;
    assert_eq!(house.mailbox.verifications("alice@example.com").len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_link_works_for_a_day_and_for_nothing_else() {
    let house = House::standing_still().await;
    house.register("alice@example.com").await;
    house.world.drain().await;
    let token = house.mailbox.verifications("alice@example.com").pop().unwrap();
    house.post("/auth/forgot-password", json!({"email": "alice@example.com"})).await;
    let reset = house.reset_token("alice@example.com", 1).await;
    assert_eq!(house.post("/auth/verify-email", json!({"token": reset})).await.status, 422);
    house.clock().advance(Duration::hours(24));
    assert_eq!(house.post("/auth/verify-email", json!({"token": token})).await.status, 422);
    for token in ["", "x", "null"] {
        assert_eq!(house.post("/auth/verify-email", json!({"token": token})).await.status, 422);
    }
}
