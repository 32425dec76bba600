use reqwest::Method;
use serde_json::{Value, json};

use super::house::{House, OTHER_PASSWORD, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_is_answered_and_told() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let body = json!({"email": "Alice@Example.com", "password": PASSWORD});
    let reply =
        house.send(Method::POST, "/auth/login", None, Some(body), &[("User-Agent", "a browser")]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!((&reply.body["tokenType"], &reply.body["expiresIn"]), (&json!("Bearer"), &json!(86_400)));
    assert_eq!(
        reply.body["user"],
        json!({"id": alice.id, "email": "alice@example.com", "role": "user", "emailVerified": false})
    );
    let events = house.events().await;
    let login = events.iter().find(|event| event.event_type == "user.login").unwrap();
    let data: Value = serde_json::from_str(login.data.get()).unwrap();
    assert_eq!((data["ip"].as_str(), data["userAgent"].as_str()), (Some("127.0.0.1"), Some("a browser")));
    assert_eq!(login.aggregate_version, 2);
    let me = house.get_as(&reply.guest().access, "/auth/me").await;
    assert!(me.body["lastLogin"].as_str().is_some_and(|at| at.ends_with('Z')), "{me:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_and_a_wrong_password_are_answered_alike() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    let closed = house.register("closed@example.com").await;
    let admin = house.admin().await;
    house
        .put_as(&admin.access, &format!("/auth/users/{}/status", closed.id), json!({"isActive": false}))
        .await;

    let mut bodies = Vec::new();
    for (email, password) in [
        ("alice@example.com", OTHER_PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("", ""),
        ("closed@example.com", PASSWORD),
        ("alice@example.com", &format!("{PASSWORD}\u{1}")),
        ("alice@example.com", &"x".repeat(5000)),
    ] {
        let reply = house.try_login(email, password).await;
        assert_eq!(reply.status, 401, "{email:?}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let mut body = reply.body;
        body.as_object_mut().unwrap().remove("requestId");
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| body == &bodies[0]), "{bodies:?}");
    insta::assert_json_snapshot!(bodies[0], @r#"
    {
      "code": "invalid_credentials",
      "status": 401,
      "title": "The e-mail or the password is wrong",
      "type": "urn:helpdesk:problem:invalid_credentials"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_without_the_password_and_without_the_address() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.try_login("alice@example.com", "the wrong secret").await;
    house.try_login("nobody@example.com", "the wrong secret").await;
    let failures: Vec<_> =
        house.events().await.into_iter().filter(|event| event.event_type == "user.login_failed").collect();
    let users: Vec<Value> = failures
        .iter()
        .map(|event| serde_json::from_str::<Value>(event.data.get()).unwrap()["userId"].clone())
        .collect();
    assert_eq!(users, [json!(alice.id), Value::Null]);
    for event in &failures {
        assert!(
            !event.data.get().contains("wrong secret") && !event.data.get().contains('@'),
            "{}",
            event.data.get()
        );
    }
    let data: Value = serde_json::from_str(failures[1].data.get()).unwrap();
    assert_eq!(data["emailHash"].as_str().unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_login_is_refused_before_it_counts() {
    let house = House::open().await;
    for (body, status, code) in [
        (json!({}), 422, "validation_failed"),
        (json!({"email": "alice@example.com"}), 422, "validation_failed"),
        (json!({"email": {"$ne": ""}, "password": "x"}), 422, "validation_failed"),
        (json!({"email": ["a@b.co"], "password": "x"}), 422, "validation_failed"),
        (json!({"email": "a@b.co", "password": "x", "isAdmin": true}), 400, "unknown_field"),
        (json!([]), 422, "validation_failed"),
    ] {
        let reply = house.post("/auth/login", body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{body} {reply:?}");
    }
    assert_eq!(house.count("login_attempts").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_another_cost_is_renewed_at_login() {
    let house = House::open().await;
    house.register("alice@example.com").await;
    let db = house.world.db("auth");
    let old = bcrypt::hash(PASSWORD, 5).unwrap();
    let tx = db.begin().await.unwrap();
    tx.run("UPDATE users SET password_hash = $1 WHERE email = 'alice@example.com'", [old.into()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    house.login("alice@example.com").await;
    assert!(house.texts("users", "password_hash").await.iter().all(|hash| hash.starts_with("$2b$04$")));
    house.login("alice@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_rest_gives_nobody_a_token_or_a_password() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.post("/auth/forgot-password", json!({"email": alice.email})).await;
    let reset = house.reset_token(&alice.email, 1).await;
    let mut texts = Vec::new();
    for (table, column) in [
        ("refresh_tokens", "token_hash"),
        ("one_time_tokens", "token_hash"),
        ("users", "password_hash"),
        ("outbox", "envelope"),
        ("signing_keys", "private_key"),
    ] {
        let found = house.texts(table, column).await;
        assert!(!found.is_empty(), "{table}");
        texts.extend(found);
    }
    let all = texts.join("\n");
    for secret in [&alice.refresh, &alice.access, &reset, PASSWORD] {
        assert!(!all.contains(secret));
    }
}
