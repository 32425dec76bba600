//! An administrator deletes an account: nothing of its owner stays, and nobody is left alone.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ids::UserId;

use super::house::{ADMIN, Guest, House, PASSWORD, Reply, noon};

async fn delete(house: &House, by: &Guest, whose: &str) -> Reply {
    house.delete_as(&by.access, &format!("/auth/users/{whose}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_deleted_account_stays() {
    let house = House::open().await;
    let admin = house.admin().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    let bob = house.register("bob@example.com").await;
    house.post("/auth/forgot-password", json!({"email": "alice@example.com"})).await;
    house.reset_token("alice@example.com", 1).await;
    house.no_request_waits().await;
    house.try_login("alice@example.com", "wrong").await;

    assert_eq!(delete(&house, &admin, &alice.id).await.status, 204);

    for guest in [&alice, &phone] {
        assert!(!house.is_let_in(&guest.access).await);
        assert_eq!(house.post("/auth/refresh", json!({"refreshToken": guest.refresh})).await.status, 401);
    }
    assert_eq!(house.try_login("alice@example.com", PASSWORD).await.code(), "invalid_credentials");
    assert!(house.is_let_in(&bob.access).await, "the others notice nothing");
    // The administrator's and bob's, and the link that bob was mailed.
    for (table, left) in [("users", 2), ("sessions", 2), ("refresh_tokens", 2), ("one_time_tokens", 1)] {
        assert_eq!(house.count(table).await, left, "{table}");
    }
    let counted = house.texts("login_attempts", "recent").await;
    assert!(
        counted.len() == 1 && !counted[0].contains(','),
        "only the attempt after the deletion: {counted:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_told_with_every_session_that_it_ends() {
    let house = House::open().await;
    let admin = house.admin().await;
    let alice = house.register("alice@example.com").await;
    house.login("alice@example.com").await;
    let before = house.events().await;

    assert_eq!(delete(&house, &admin, &alice.id).await.status, 204);

    let events = house.events().await.split_off(before.len());
    let types: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["user.deleted", "session.revoked", "session.revoked"]);
    let told: Value = serde_json::from_str(events[0].data.get()).unwrap();
    assert_eq!(told, json!({"userId": alice.id}));
    assert_eq!(events[0].user_id.unwrap().to_string(), admin.id);
    let own = |event: &&shared::events::Envelope| event.aggregate_id.to_string() == alice.id;
    let last = before.iter().filter(own).map(|event| event.aggregate_version).max().unwrap();
    assert_eq!(events[0].aggregate_version, last + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_the_deleted_stay_dead_after_a_restart() {
    let house = House::open().await;
    let admin = house.admin().await;
    let alice = house.register("alice@example.com").await;
    assert_eq!(delete(&house, &admin, &alice.id).await.status, 204);
    let session: shared::ids::SessionId = {
        let events = house.events().await;
        let revoked = events.iter().rfind(|event| event.event_type == "session.revoked").unwrap();
        revoked.data::<shared::events::SessionRevoked>().unwrap().session_id
    };

    let db = shared::db::Db::open(&house.config.common.database, house.clock().clone()).await.unwrap();
    let fresh = shared::process::Process::new(house.clock().clone());
    let served = house.config.clone();
    auth::start(&served, &fresh).await.unwrap();

    assert!(fresh.revocations.is_revoked(session), "no table has it any more; the outbox does");
    fresh.lifecycle.begin_stop();
    fresh.lifecycle.finish(std::time::Duration::from_secs(10)).await.unwrap();
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_may_be_registered_anew_by_the_same_key_too() {
    let house = House::open().await;
    let admin = house.admin().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let house = &house;
    let register = || {
        let headers = [("Idempotency-Key", "a key")];
        let body = Some(body.clone());
        async move { house.send(Method::POST, "/auth/register", None, body, &headers).await }
    };
    let first = register().await.guest();
    assert_eq!(delete(house, &admin, &first.id).await.status, 204);

    let again = register().await;

    assert_eq!(again.status, 201);
    assert_ne!(again.guest().id, first.id, "somebody else, by the same address");
    house.login("alice@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_delete_whom() {
    let house = House::open().await;
    let admin = house.admin().await;
    let (alice, bob) = (house.register("alice@example.com").await, house.register("bob@example.com").await);
    house.put_as(&admin.access, &format!("/auth/users/{}/role", bob.id), json!({"role": "agent"})).await;
    let bob = house.login("bob@example.com").await;
    let unknown = UserId::at(noon()).to_string();
    for (by, whose, status, code) in [
        (&alice, alice.id.as_str(), 403, "forbidden"),
        (&alice, bob.id.as_str(), 403, "forbidden"),
        (&alice, unknown.as_str(), 403, "forbidden"),
        (&bob, alice.id.as_str(), 403, "forbidden"),
        (&bob, admin.id.as_str(), 403, "forbidden"),
        (&admin, admin.id.as_str(), 409, "own_account"),
        (&admin, unknown.as_str(), 404, "not_found"),
        (&admin, "nonsense", 404, "not_found"),
        (&admin, alice.id.as_str(), 204, ""),
        (&admin, alice.id.as_str(), 404, "not_found"),
    ] {
        let reply = delete(&house, by, whose).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{} {whose}", by.email);
    }
    let anonymous = house.send(Method::DELETE, &format!("/auth/users/{}", bob.id), None, None, &[]).await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_who_delete_each_other_leave_one() {
    let house = House::open().await;
    let first = house.admin().await;
    let alice = house.register("alice@example.com").await;
    house.put_as(&first.access, &format!("/auth/users/{}/role", alice.id), json!({"role": "admin"})).await;
    let alice = house.login("alice@example.com").await;

    let (one, other) =
        futures_util::join!(delete(&house, &first, &alice.id), delete(&house, &alice, &first.id));

    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401], "who was deleted deletes nobody");
    let left = house.texts("users", "email").await;
    assert!(left.len() == 1 && [ADMIN, "alice@example.com"].contains(&left[0].as_str()), "{left:?}");
}
