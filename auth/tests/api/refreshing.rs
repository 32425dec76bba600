use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::house::{House, Reply};

async fn refresh(house: &House, token: &str) -> Reply {
    house.post("/auth/refresh", json!({"refreshToken": token})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refresh_gives_new_tokens_of_the_same_session() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    house.clock().advance(Duration::hours(1));
    let reply = refresh(&house, &alice.refresh).await;
    assert_eq!(reply.status, 200);
    let next = reply.guest();
    assert_ne!((&next.refresh, &next.access), (&alice.refresh, &alice.access));
    assert_eq!(reply.body["user"]["email"], "alice@example.com");
    assert_eq!(refresh(&house, &next.refresh).await.status, 200);
    assert!(house.is_let_in(&alice.access).await, "the access token before it is good until it expires");
    assert_eq!(house.get_as(&next.access, "/auth/sessions").await.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uses_at_once_exactly_one_wins() {
    let house = House::open().await;
    let replica = format!("{}/auth/refresh", house.replica().await);
    let alice = house.register("alice@example.com").await;
    let mut token = alice.refresh;
    for _ in 0..5 {
        let body = json!({"refreshToken": token});
        let paths = ["/auth/refresh", replica.as_str()];
        let replies = join_all((0..16).map(|n| house.post(paths[n % 2], body.clone()))).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 15));
        assert!(
            lost.iter().all(|reply| (reply.status.as_u16(), reply.code()) == (401, "invalid_refresh_token"))
        );
        token = won[0].guest().refresh;
    }
    assert_eq!(refresh(&house, &token).await.status, 200, "the winner's session lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_token_that_comes_back_ends_the_session() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    let elsewhere = house.login("alice@example.com").await;
    let next = refresh(&house, &alice.refresh).await.guest();

    house.clock().advance(Duration::seconds(10));
    assert_eq!(refresh(&house, &alice.refresh).await.status, 401);
    assert!(house.is_let_in(&next.access).await, "within ten seconds it is taken for an accident");

    house.clock().advance(Duration::microseconds(1));
    let reply = refresh(&house, &alice.refresh).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_refresh_token"));
    assert!(!house.is_let_in(&alice.access).await && !house.is_let_in(&next.access).await);
    assert_eq!(refresh(&house, &next.refresh).await.status, 401);
    assert!(house.is_let_in(&elsewhere.access).await, "another session has nothing to do with it");

    let events = house.events().await;
    let revoked: Vec<_> = events.iter().filter(|event| event.event_type == "session.revoked").collect();
    assert_eq!(revoked.len(), 1);
    let data: Value = serde_json::from_str(revoked[0].data.get()).unwrap();
    assert_eq!((&data["reason"], &data["userId"]), (&json!("token_reuse"), &json!(alice.id)));
    assert_eq!(refresh(&house, &alice.refresh).await.status, 401);
    assert_eq!(
        house.event_types().await.iter().filter(|kind| *kind == "session.revoked").count(),
        1,
        "told once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_expires() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    let bob = house.register("bob@example.com").await;
    house.clock().advance(Duration::days(7) - Duration::seconds(1));
    let bob = refresh(&house, &bob.refresh).await.guest();
    house.clock().advance(Duration::seconds(1));
    assert_eq!(refresh(&house, &alice.refresh).await.status, 401);
    assert_eq!(refresh(&house, &bob.refresh).await.status, 200, "each use gives another week");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_lives_for_ever() {
    let house = House::standing_still().await;
    let mut token = house.register("alice@example.com").await.refresh;
    for _ in 0..5 {
        house.clock().advance(Duration::days(5));
        token = refresh(&house, &token).await.guest().refresh;
    }
    house.clock().advance(Duration::days(5) - Duration::hours(1));
    let last = refresh(&house, &token).await;
    assert_eq!(last.body["expiresIn"], 3600, "the last access token ends with the session");
    house.clock().advance(Duration::hours(1));
    assert_eq!(refresh(&house, &last.guest().refresh).await.status, 401);
    assert!(!house.is_let_in(&last.guest().access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_answered_alike() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.post("/auth/forgot-password", json!({"email": alice.email})).await;
    let reset = house.reset_token(&alice.email, 1).await;
    for token in
        ["", "null", "x", &"A".repeat(43), &"A".repeat(5000), &alice.access, &reset, "' OR 1=1 --", "é"]
    {
        let reply = refresh(&house, token).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_refresh_token"), "{token:?}");
    }
    for body in
        [json!({}), json!({"refreshToken": null}), json!({"refreshToken": 7}), json!({"refreshToken": {}})]
    {
        assert_eq!(house.post("/auth/refresh", body.clone()).await.status, 422, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_token_says_what_the_account_is_now() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.world.drain().await;
    let token = house.mailbox.verifications("alice@example.com").pop().unwrap();
    assert_eq!(house.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    assert_eq!(refresh(&house, &alice.refresh).await.body["user"]["emailVerified"], true);
}
