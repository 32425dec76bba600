use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::house::{House, OTHER_PASSWORD, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_is_signed_in() {
    let house = House::open().await;
    let reply = house
        .post(
            "/auth/register",
            json!({"email": " Alice@Example.com ", "password": PASSWORD, "confirmPassword": PASSWORD}),
        )
        .await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (201, "/auth/me"));
    assert_eq!(reply.header("cache-control"), "no-store");
    insta::assert_json_snapshot!(reply.body, {".accessToken" => "[jwt]", ".refreshToken" => "[secret]", ".user.id" => "[id]"}, @r#"
    {
      "accessToken": "[jwt]",
      "expiresIn": 86400,
      "refreshToken": "[secret]",
      "tokenType": "Bearer",
      "user": {
        "email": "alice@example.com",
        "emailVerified": false,
        "id": "[id]",
        "role": "user"
      }
    }
    "#);
    let guest = reply.guest();
    assert!(house.is_let_in(&guest.access).await);
    assert_eq!(house.event_types().await, ["user.registered"]);
    let event = house.events().await.remove(0);
    assert_eq!((event.aggregate_id.to_string(), event.aggregate_version), (guest.id.clone(), 1));
    assert_eq!(event.user_id.unwrap().to_string(), guest.id);
    insta::assert_snapshot!(event.data.get().replace(&guest.id, "[id]"), @r#"{"userId":"[id]","email":"alice@example.com","role":"user"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_registration_is_told_at_once() {
    let house = House::open().await;
    for (body, expected) in [
        (json!({}), vec!["email required", "password required"]),
        (json!({"email": "nobody", "password": "short"}), vec!["email invalid_email", "password too_short"]),
        (
            json!({"email": "a@example.com", "password": PASSWORD, "confirmPassword": "another"}),
            vec!["confirmPassword mismatch"],
        ),
        (json!({"email": "a@example.com", "password": "Password1234"}), vec!["password common_password"]),
        (json!({"email": "a@example.com", "password": "x".repeat(73)}), vec!["password too_long"]),
        (
            json!({"email": "somebody@example.com", "password": "SOMEBODY@example.com"}),
            vec!["password password_is_email"],
        ),
        (
            json!({"email": "a@example.com\r\nBcc: b@example.com", "password": PASSWORD}),
            vec!["email invalid_email"],
        ),
        (json!({"email": "", "password": PASSWORD}), vec!["email required"]),
    ] {
        let reply = house.post("/auth/register", body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "validation_failed"), "{body}");
        assert_eq!(reply.faults(), expected, "{body}");
    }
    let reply = house
        .post("/auth/register", json!({"email": "a@example.com", "password": PASSWORD, "role": "admin"}))
        .await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, "unknown_field"));
    assert_eq!(house.count("users").await, 1, "only the administrator");
    assert_eq!(house.event_types().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_taken_in_any_spelling() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    for email in ["alice@example.com", "ALICE@example.com", " alice@EXAMPLE.com "] {
        let reply = house.post("/auth/register", json!({"email": email, "password": OTHER_PASSWORD})).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (409, "email_taken"), "{email:?}");
    }
    assert_eq!(house.try_login("alice@example.com", OTHER_PASSWORD).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_register_one_address_at_once_one_gets_it() {
    let house = House::open().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let replies = join_all((0..12).map(|_| house.post("/auth/register", body.clone()))).await;
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(201), count(409)), (1, 11));
    assert_eq!(house.event_types().await, ["user.registered"]);
    house.world.drain().await;
    assert_eq!(house.mailbox.verifications("alice@example.com").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_repeated_with_its_key_finds_its_account() {
    let house = House::open().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let key = [("Idempotency-Key", "first try")];
    let send = |body| house.send(Method::POST, "/auth/register", None, Some(body), &key);
    let first = send(body.clone()).await;
    let again = send(body.clone()).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.body["user"], again.body["user"]);
    assert_eq!(first.header("location"), again.header("location"));
    assert_ne!(first.guest().refresh, again.guest().refresh, "the tokens are new");
    assert!(house.is_let_in(&first.guest().access).await && house.is_let_in(&again.guest().access).await);

    let other = send(json!({"email": "bob@example.com", "password": PASSWORD})).await;
    assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_mismatch"));
    let other = send(json!({"email": "alice@example.com", "password": OTHER_PASSWORD})).await;
    assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_mismatch"));
    let without = house.post("/auth/register", body).await;
    assert_eq!(without.code(), "email_taken");

    let kept = [
        house.texts("idempotency_keys", "answer").await,
        house.texts("idempotency_keys", "request_hash").await,
    ]
    .concat();
    assert_eq!(kept[0], first.guest().id, "what is kept is the account's id, and a keyed hash");
    assert!(!kept.join(" ").contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_by_many_at_once_makes_one_account() {
    let house = House::open().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let send =
        || house.send(Method::POST, "/auth/register", None, Some(body.clone()), &[("Idempotency-Key", "k")]);
    let replies = join_all((0..8).map(|_| send())).await;
    assert!(replies.iter().all(|reply| reply.status == 201), "{replies:?}");
    assert!(replies.iter().all(|reply| reply.body["user"] == replies[0].body["user"]));
    assert_eq!(house.event_types().await.iter().filter(|kind| *kind == "user.registered").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_key_opens_nothing_after_the_password_has_changed() {
    let house = House::open().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let send =
        || house.send(Method::POST, "/auth/register", None, Some(body.clone()), &[("Idempotency-Key", "k")]);
    let guest = send().await.guest();
    let change = json!({"currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD});
    assert_eq!(house.post_as(&guest.access, "/auth/change-password", change).await.status, 204);
    assert_eq!(send().await.code(), "email_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_forgotten_after_a_day() {
    let house = House::standing_still().await;
    let send = |email: &str| {
        let body = json!({"email": email, "password": PASSWORD});
        house.send(Method::POST, "/auth/register", None, Some(body), &[("Idempotency-Key", "k")])
    };
    assert_eq!(send("alice@example.com").await.status, 201);
    assert_eq!(send("bob@example.com").await.code(), "idempotency_mismatch");
    house.clock().advance(chrono::Duration::hours(24) + chrono::Duration::seconds(1));
    assert_eq!(send("bob@example.com").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_refused() {
    let house = House::open().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    for key in ["", &"k".repeat(256)] {
        let reply = house
            .send(Method::POST, "/auth/register", None, Some(body.clone()), &[("Idempotency-Key", key)])
            .await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "bad_header"));
    }
}
