//! The cache spares the database, and nobody ever reads less than they wrote themselves.

use std::time::{Duration, Instant};

use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::cache::Cache;
use shared::events::{UserRoleChanged, UserStatusChanged};
use shared::testing::TestCaller;

use crate::service::Users;

/// Writes behind the service's back, so that what comes from the cache can be told from what comes from the database.
async fn behind(users: &Users, sql: &str) {
    let db = users.world.db("users");
    db.conn().execute_raw(db.sql(sql, [])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_was_read_is_not_read_from_the_database_again() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    users.edit(&ada, json!({"firstName": "Ada"})).await;
    behind(&users, "UPDATE user_profiles SET first_name = 'Behind'").await;
    assert_eq!(users.profile(&ada).await["firstName"], json!("Ada"));
    assert_eq!(users.get(&admin, &format!("/users/{}", ada.id)).await.body["firstName"], json!("Ada"));

    // A write starts from the row itself.
    let edited = users.edit(&ada, json!({"lastName": "Lovelace"})).await;
    assert_eq!((&edited["firstName"], &edited["lastName"]), (&json!("Behind"), &json!("Lovelace")));
    assert_eq!(users.profile(&ada).await, edited);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_changes_is_read_at_once() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let path = format!("/users/{}", ada.id);
    for version in 2..12 {
        assert_eq!(users.get(&admin, &path).await.status, 200, "it is cached");
        let role = if version % 2 == 0 { "agent" } else { "user" };
        let event = UserRoleChanged { user_id: ada.id, old_role: "-".into(), new_role: role.into() };
        users.world.deliver(&event, version, None).await;
        assert_eq!(users.get(&admin, &path).await.body["role"], json!(role), "{version}");
    }
    users.world.deliver(&UserStatusChanged { user_id: ada.id, is_active: false }, 12, None).await;
    assert_eq!(users.get(&admin, &path).await.body["isActive"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_write_and_read_at_once_each_reads_their_own_fifty_times() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let path = format!("/users/{}", ada.id);
    let write_and_read = async |by: &TestCaller, path: &str, field: &str| {
        for n in 0..50 {
            let text = format!("{field} {n}");
            let written = users.put_to(by, path, &json!({field: text})).await;
            assert_eq!((written.status, &written.body[field]), (200, &json!(text)));
            let read = users.get(by, path).await;
            assert_eq!(read.body[field], json!(text), "own write {n}");
        }
    };
    futures_util::join!(
        write_and_read(&ada, "/users/profile", "firstName"),
        write_and_read(&admin, &path, "lastName"),
    );
    let profile = users.profile(&ada).await;
    assert_eq!(
        (&profile["firstName"], &profile["lastName"]),
        (&json!("firstName 49"), &json!("lastName 49"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_reading_in_the_cache_is_not_believed() {
    let users = Users::start().await;
    let ada = users.user("ada@example.com").await;
    let Some(cache) = users.redis() else { return };
    let key = format!("profile:{}", ada.id);
    users.edit(&ada, json!({"firstName": "Old"})).await;
    let (_, old) = cache.get_newest(&key).await.unwrap().unwrap();
    let edited = users.edit(&ada, json!({"firstName": "New"})).await;

    // As a slow reader would put it there after a FLUSHALL. The service itself may tell the cache of the edit once more in between.
    let put = async || {
        cache.delete(&key).await.unwrap();
        cache.set_newer(&key, 1, &old, Duration::from_secs(60)).await.unwrap()
    };
    users.world.until("the old reading is in the cache", put).await;

    assert_eq!(users.profile(&ada).await, edited);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_reading_of_ours_is_none() {
    let users = Users::start().await;
    let (ada, bob) = (users.user("ada@example.com").await, users.user("bob@example.com").await);
    let profile = users.profile(&ada).await;
    let Some(cache) = users.redis() else { return };
    users.profile(&bob).await;
    let (_, of_bob) = cache.get_newest(&format!("profile:{}", bob.id)).await.unwrap().unwrap();
    for value in [b"".as_slice(), b"{}", b"\xff\x00", &of_bob] {
        let key = format!("profile:{}", ada.id);
        cache.set_newer(&key, i64::MAX, value, Duration::from_secs(60)).await.unwrap();
        assert_eq!(users.profile(&ada).await, profile);
        cache.delete(&key).await.unwrap();
        assert_eq!(users.profile(&ada).await, profile, "a flushed cache is filled again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cache_everything_goes_on() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let users = Users::with(|sources, _| sources.with("REDIS_URL", format!("redis://{free}"))).await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let start = Instant::now();
    for n in 0..10 {
        let edited = users.edit(&ada, json!({"firstName": format!("Ada {n}")})).await;
        assert_eq!(users.profile(&ada).await, edited);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(users.call(&admin, Method::DELETE, &format!("/users/{}", ada.id)).await.status, 204);
    assert_eq!(users.get(&ada, "/users/profile").await.status, 401);
    let ready: Value = users.anonymous(Method::GET, "/ready").send().await.unwrap().json().await.unwrap();
    assert!(ready.to_string().contains("the cache is away"), "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_writes_another_reads() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    if users.redis().is_none() {
        return; // A cache in memory is for one process alone.
    }
    let replica = Users::serve(&users.world, &users.sources).await;
    let url = format!("{replica}/users/{}", ada.id);
    for n in 0..20 {
        let edited = users.edit(&ada, json!({"firstName": format!("Ada {n}")})).await;
        let read = users.client().get(&url).bearer_auth(&admin.token).send().await.unwrap();
        let read: Value = read.json().await.unwrap();
        assert_eq!(read["firstName"], edited["firstName"]);
    }
    assert_eq!(users.call(&admin, Method::DELETE, &format!("/users/{}", ada.id)).await.status, 204);
    assert_eq!(users.client().get(&url).bearer_auth(&admin.token).send().await.unwrap().status(), 404);
}

impl Users {
    /// The service's cache, where it is in Redis and not in the service's memory.
    fn redis(&self) -> Option<Cache> {
        let config = users::Config::read(&self.sources).unwrap().common.cache;
        config.redis_url.is_some().then(|| Cache::open(&config, "users").unwrap())
    }
}
