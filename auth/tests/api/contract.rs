//! What holds for every operation.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::house::{House, PASSWORD};

const PUBLIC: [&str; 7] = [
    "POST /auth/register",
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/forgot-password",
    "POST /auth/reset-password",
    "POST /auth/verify-email",
    "GET /.well-known/jwks.json",
];

async fn operations(house: &House) -> Vec<(Method, String, Value)> {
    let document = house.get_as("", "/openapi.json").await.body;
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if ["get", "put", "post", "delete"].contains(&method.as_str().to_lowercase().as_str()) {
                operations.push((method, path.clone(), operation.clone()));
            }
        }
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_lists_every_endpoint_of_the_contract() {
    let house = House::open().await;
    let found: BTreeSet<String> = operations(&house)
        .await
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .filter(|name| name.contains("/auth/") || name.contains("jwks"))
        .collect();
    let expected: BTreeSet<String> = [
        "POST /auth/register",
        "POST /auth/login",
        "POST /auth/logout",
        "POST /auth/refresh",
        "GET /auth/verify",
        "POST /auth/forgot-password",
        "POST /auth/reset-password",
        "GET /auth/me",
        "POST /auth/verify-email",
        "POST /auth/resend-verification",
        "POST /auth/change-password",
        "GET /auth/sessions",
        "DELETE /auth/sessions/{id}",
        "PUT /auth/users/{id}/role",
        "PUT /auth/users/{id}/status",
        "DELETE /auth/users/{id}",
        "GET /auth/export",
        "GET /.well-known/jwks.json",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_is_not_public_wants_a_token() {
    let house = House::open().await;
    for (method, path, operation) in operations(&house).await {
        let name = format!("{method} {path}");
        if !name.contains("/auth/") {
            continue;
        }
        let public = PUBLIC.contains(&name.as_str());
        assert_eq!(operation.get("security").is_none(), public, "{name} says so in the document");
        let path = path.replace("{id}", "0195515e-0000-7000-8000-000000000000");
        let body = (method != Method::GET && method != Method::DELETE).then(|| json!({"nonsense": true}));
        let reply = house.send(method, &path, None, body, &[]).await;
        assert_eq!(reply.status == 401, !public, "{name}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_sends_is_our_fault() {
    let house = House::open().await;
    let admin = house.admin().await;
    let nested = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let bodies = [
        json!(null),
        json!(1),
        json!("text"),
        json!([]),
        json!({}),
        json!({"email": null, "password": null, "token": null, "refreshToken": null}),
        json!({"email": {}, "password": []}),
        json!({"email": "a\u{0}@example.com", "password": PASSWORD}),
        json!({"email": "\u{202e}@example.com", "password": "\u{1F600}".repeat(12)}),
        json!({"email": "x".repeat(100_000), "password": "x".repeat(100_000)}),
        nested,
    ];
    for (method, path, _) in operations(&house).await {
        if method == Method::GET
            || method == Method::DELETE
            || !path.contains("/auth/")
            || path.ends_with("logout")
        {
            continue;
        }
        let path = path.replace("{id}", "0195515e-0000-7000-8000-000000000000");
        for body in &bodies {
            let reply = house.send(method.clone(), &path, Some(&admin.access), Some(body.clone()), &[]).await;
            assert!(reply.status.as_u16() < 500, "{method} {path} {body}: {reply:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_ever_holds_a_secret() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let phone = house.login("alice@example.com").await;
    house.post("/auth/forgot-password", json!({"email": alice.email})).await;
    let reset = house.reset_token(&alice.email, 1).await;
    house.world.drain().await;
    let verification = house.mailbox.verifications(&alice.email).pop().unwrap();
    house.post("/auth/verify-email", json!({"token": verification})).await;
    house.post("/auth/refresh", json!({"refreshToken": phone.refresh})).await;
    house.post("/auth/reset-password", json!({"token": reset, "password": "nine violet teapots"})).await;
    let everything: String = house.events().await.iter().map(|event| event.data.get().to_owned()).collect();
    for secret in [
        PASSWORD,
        "nine violet teapots",
        &alice.access,
        &alice.refresh,
        &phone.refresh,
        &reset,
        &verification,
        "$2b$",
    ] {
        assert!(!everything.contains(secret), "{secret}");
    }
    assert_eq!(house.count("command_outbox").await, 0, "what holds one is deleted once it is on its way");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_versions_of_an_account_never_go_back() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    house.try_login("alice@example.com", "wrong").await;
    let phone = house.login("alice@example.com").await;
    house.post_as(&phone.access, "/auth/logout", json!({"allSessions": true})).await;
    house.try_login("alice@example.com", "wrong").await;
    let versions: Vec<i64> = house
        .events()
        .await
        .into_iter()
        .filter(|event| event.aggregate_id.to_string() == alice.id)
        .map(|event| event.aggregate_version)
        .collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
}
