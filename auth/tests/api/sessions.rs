use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use shared::{ids::SessionId, testing::World};

use super::house::{Guest, House, PASSWORD, noon};

async fn sessions(house: &House, guest: &Guest) -> Vec<Value> {
    let reply = house.get_as(&guest.access, "/auth/sessions").await;
    assert_eq!(reply.status, 200);
    reply.body["items"].as_array().unwrap().clone()
}

async fn login_from(house: &House, email: &str, user_agent: &str) -> Guest {
    let body = json!({"email": email, "password": PASSWORD});
    house.send(Method::POST, "/auth/login", None, Some(body), &[("User-Agent", user_agent)]).await.guest()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_where_they_are_signed_in() {
    let house = House::standing_still().await;
    house.register("bob@example.com").await;
    let alice = house.register("alice@example.com").await;
    house.clock().advance(Duration::minutes(1));
    let phone = login_from(&house, "alice@example.com", "a telephone").await;
    let items = sessions(&house, &phone).await;
    assert_eq!(items.len(), 2, "the own ones only");
    insta::assert_json_snapshot!(items[0], {".id" => "[id]"}, @r#"
    {
      "createdAt": "2026-03-01T12:01:00Z",
      "current": true,
      "id": "[id]",
      "ip": "127.0.0.1",
      "lastSeenAt": "2026-03-01T12:01:00Z",
      "userAgent": "a telephone"
    }
    "#);
    assert_eq!(items[1]["current"], false);
    assert_eq!(sessions(&house, &alice).await[1]["current"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_seen_when_it_is_used() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    let replica = house.replica().await;
    house.clock().advance(Duration::minutes(5));
    house.get_as(&alice.access, "/auth/me").await;
    house.clock().advance(Duration::minutes(5));
    let seen = |items: &[Value]| items[0]["lastSeenAt"].as_str().unwrap().to_owned();
    assert_eq!(seen(&sessions(&house, &alice).await), "2026-03-01T12:10:00Z");
    // What one replica saw the other one knows, if they have a cache between them.
    if !house.world.is_embedded() {
        house.clock().advance(Duration::minutes(5));
        house.get_as(&alice.access, "/auth/me").await;
        house
            .world
            .until("the other replica knows", || async {
                let reply = house.get_as(&alice.access, &format!("{replica}/auth/sessions")).await;
                reply.body["items"][0]["lastSeenAt"] == "2026-03-01T12:15:00Z"
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_and_no_other() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    let reply = house.send(Method::POST, "/auth/logout", Some(&phone.access), None, &[]).await;
    assert_eq!((reply.status.as_u16(), reply.body), (204, Value::Null));
    let refused = house.get_as(&phone.access, "/auth/me").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "token_revoked"));
    assert_eq!(house.post("/auth/refresh", json!({"refreshToken": phone.refresh})).await.status, 401);
    assert_eq!(house.post_as(&phone.access, "/auth/logout", json!({})).await.status, 401);
    assert!(house.is_let_in(&alice.access).await);
    assert_eq!(sessions(&house, &alice).await.len(), 1);
    let types = house.event_types().await;
    assert_eq!(types[types.len() - 2..], ["user.logout", "session.revoked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_of_a_sign_out_may_be_anything_sensible() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    for body in
        [None, Some(json!({})), Some(json!({"allSessions": false})), Some(json!({"allSessions": null}))]
    {
        let guest = house.login("alice@example.com").await;
        let reply = house.send(Method::POST, "/auth/logout", Some(&guest.access), body.clone(), &[]).await;
        assert_eq!(reply.status, 204, "{body:?}");
    }
    let guest = house.login("alice@example.com").await;
    assert_eq!(
        house.post_as(&guest.access, "/auth/logout", json!({"everywhere": true})).await.code(),
        "unknown_field"
    );
    assert_eq!(house.post_as(&guest.access, "/auth/logout", json!({"allSessions": "yes"})).await.status, 422);
    assert!(house.is_let_in(&guest.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_all_sessions() {
    let house = House::open().await;
    let mut guests = vec![house.register("alice@example.com").await];
    for _ in 0..3 {
        guests.push(house.login("alice@example.com").await);
    }
    let bob = house.register("bob@example.com").await;
    assert_eq!(
        house.post_as(&guests[1].access, "/auth/logout", json!({"allSessions": true})).await.status,
        204
    );
    for guest in &guests {
        assert!(!house.is_let_in(&guest.access).await);
        assert_eq!(house.post("/auth/refresh", json!({"refreshToken": guest.refresh})).await.status, 401);
    }
    assert!(house.is_let_in(&bob.access).await);
    let types = house.event_types().await;
    assert_eq!(types.iter().filter(|kind| *kind == "session.revoked").count(), 4);
    house.login("alice@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_from_another_one_of_the_same_user_only() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    let bob = house.register("bob@example.com").await;
    let admin = house.admin().await;
    let id =
        sessions(&house, &phone).await.iter().find(|item| item["current"] == true).unwrap()["id"].clone();
    let path = format!("/auth/sessions/{}", id.as_str().unwrap());
    for stranger in [&bob, &admin] {
        let reply = house.delete_as(&stranger.access, &path).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (404, "not_found"));
    }
    assert!(house.is_let_in(&phone.access).await);
    assert_eq!(house.delete_as(&alice.access, &path).await.status, 204);
    assert!(!house.is_let_in(&phone.access).await);
    assert_eq!(house.delete_as(&alice.access, &path).await.status, 404, "it is over");
    for unknown in [SessionId::at(noon()).to_string(), "nonsense".to_owned(), "%00".to_owned()] {
        assert_eq!(house.delete_as(&alice.access, &format!("/auth/sessions/{unknown}")).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_stays_so_after_a_restart() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.post_as(&alice.access, "/auth/logout", json!({})).await;
    house.world.drain().await;
    // Another process, which has heard no event: it goes by the database.
    let fresh = shared::process::Process::new(house.clock().clone());
    let module = auth::start(&house.config, &fresh).await.unwrap();
    fresh.revocations.set_loaded();
    let refused = module.guard.verify(&alice.access).await.unwrap_err();
    assert_eq!(refused, shared::auth::TokenError::Revoked);
    fresh.lifecycle.finish(std::time::Duration::from_secs(10)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_hangs_or_fails_without_the_cache() {
    let house = House::with(World::start().await, &[("REDIS_URL", "redis://127.0.0.1:1")]).await;
    let started = std::time::Instant::now();
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    assert_eq!(sessions(&house, &phone).await.len(), 2);
    assert_eq!(house.post("/auth/refresh", json!({"refreshToken": alice.refresh})).await.status, 200);
    assert_eq!(house.post_as(&phone.access, "/auth/logout", json!({})).await.status, 204);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    let ready = house.get_as("", "/ready").await;
    assert_eq!(ready.status, 200, "auth does without: {ready:?}");
}
