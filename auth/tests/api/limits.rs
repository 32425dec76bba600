use chrono::Duration;
use serde_json::json;
use shared::testing::World;

use super::house::{House, PASSWORD, noon};

const PUBLIC: [(&str, &str); 6] = [
    ("/auth/login", r#"{"email":"a@example.com","password":"x"}"#),
    ("/auth/register", r#"{"email":"nobody","password":"x"}"#),
    ("/auth/refresh", r#"{"refreshToken":"x"}"#),
    ("/auth/forgot-password", r#"{"email":"nobody"}"#),
    ("/auth/reset-password", r#"{"token":"x","password":"x"}"#),
    ("/auth/verify-email", r#"{"token":"x"}"#),
];

async fn the_limit_holds(env: &[(&str, &str)]) {
    let house = House::with(World::at(noon()).await, env).await;
    let call = |n: usize| {
        let (path, body) = PUBLIC[n % PUBLIC.len()];
        house.post(path, serde_json::from_str(body).unwrap())
    };
    for n in 0..12 {
        let reply = call(n).await;
        assert!(reply.status != 429 || reply.code() == "too_many_attempts", "call {n}: {reply:?}");
    }
    for n in 0..PUBLIC.len() {
        let reply = call(n).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code(), reply.retry_after()),
            (429, "rate_limited", 60),
            "call {n}"
        );
    }
    // Whoever is signed in, and whoever asks for the keys, is not counted.
    assert_eq!(house.get_as("", "/.well-known/jwks.json").await.status, 200);
    house.clock().advance(Duration::seconds(45));
    assert_eq!(call(2).await.retry_after(), 15);
    house.clock().advance(Duration::seconds(15));
    assert_eq!(call(2).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_makes_so_many_public_calls_a_minute_and_no_more() {
    the_limit_holds(&[("PUBLIC_CALLS_PER_MINUTE", "12")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_per_address_holds_without_the_cache() {
    the_limit_holds(&[("PUBLIC_CALLS_PER_MINUTE", "12"), ("REDIS_URL", "redis://127.0.0.1:1")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_addresses_are_believed_from_proxies_only() {
    let world = World::at(noon()).await;
    let house = House::with(world, &[("PUBLIC_CALLS_PER_MINUTE", "3")]).await;
    for n in 0..5 {
        let forwarded = format!("203.0.113.{n}");
        let body = json!({"refreshToken": "x"});
        let headers = [("X-Forwarded-For", forwarded.as_str()), ("Forwarded", "for=203.0.113.9")];
        let reply = house.send(reqwest::Method::POST, "/auth/refresh", None, Some(body), &headers).await;
        assert_eq!(reply.status == 429, n >= 3, "call {n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_behind_a_proxy_are_told_apart() {
    let world = World::at(noon()).await;
    let house =
        House::with(world, &[("PUBLIC_CALLS_PER_MINUTE", "2"), ("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    for n in 0..6 {
        let forwarded = format!("203.0.113.{}", n / 2);
        let body = json!({"email": format!("g{n}@example.com"), "password": PASSWORD});
        let headers = [("X-Forwarded-For", forwarded.as_str())];
        let reply = house.send(reqwest::Method::POST, "/auth/register", None, Some(body), &headers).await;
        assert_eq!(reply.status, 201, "call {n}");
    }
}
