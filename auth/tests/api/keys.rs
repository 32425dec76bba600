use chrono::Duration;
use futures_util::future::join_all;
use serde_json::Value;
use shared::testing::World;

use super::house::{House, noon};

async fn published(house: &House) -> Vec<Value> {
    house.get_as("", "/.well-known/jwks.json").await.body["keys"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_are_published_and_nothing_else_of_them() {
    let house = House::open().await;
    let reply = house.get_as("", "/.well-known/jwks.json").await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "public, max-age=300"));
    let keys = reply.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let mut members: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"], "no `d`");
    let text = |name: &str| keys[0][name].as_str().unwrap();
    assert_eq!((text("kty"), text("crv"), text("alg"), text("use")), ("OKP", "Ed25519", "EdDSA", "sig"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_published_before_it_signs_and_until_its_last_token_is_dead() {
    let house = House::standing_still().await;
    let first = published(&house).await[0]["kid"].clone();
    house.clock().advance(Duration::days(30) - Duration::hours(1) - Duration::seconds(1));
    assert_eq!(published(&house).await.len(), 1);

    house.clock().advance(Duration::seconds(1));
    let both = published(&house).await;
    assert_eq!(both.len(), 2, "the next key is announced");
    let second = both[1]["kid"].clone();
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.map(Value::from).unwrap();
    let before = house.register("alice@example.com").await;
    assert_eq!(kid(&before.access), first, "and does not sign yet");

    house.clock().advance(Duration::hours(1));
    let after = house.login("alice@example.com").await;
    assert_eq!(kid(&after.access), second);
    assert!(house.is_let_in(&before.access).await && house.is_let_in(&after.access).await);

    house.clock().advance(Duration::hours(24) + Duration::minutes(9));
    assert_eq!(published(&house).await.len(), 2);
    house.clock().advance(Duration::minutes(1));
    let left: Vec<Value> = published(&house).await.into_iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(left, [second]);
    assert_eq!(house.count("signing_keys").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_at_once_share_one_key() {
    let world = World::at(noon()).await;
    let house = House::with(world, &[]).await;
    let tx = house.world.db("auth").begin().await.unwrap();
    tx.run("DELETE FROM signing_keys", []).await.unwrap();
    tx.commit().await.unwrap();
    let processes: Vec<_> = (0..4).map(|_| shared::process::Process::new(house.clock().clone())).collect();
    let started = join_all(processes.iter().map(|process| auth::start(&house.config, process))).await;
    assert!(started.iter().all(Result::is_ok));
    assert_eq!(house.count("signing_keys").await, 1);
    for process in processes {
        process.lifecycle.finish(std::time::Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_is_refused_in_words() {
    let house = House::with(World::start().await, &[("JWT_SECRET", "the secret of the first start")]).await;
    let mut config = house.config.clone();
    config.jwt_secret = Some(shared::config::Secret::new("another one altogether"));
    let process = shared::process::Process::new(house.clock().clone());
    let fault = auth::start(&config, &process).await.err().unwrap();
    let words = format!("{fault:#}");
    assert!(words.contains("JWT_SECRET") && !words.contains("another one"), "{words}");
    process.lifecycle.finish(std::time::Duration::from_secs(10)).await.unwrap();
}
