//! Auth or files is away: the answer comes soon, says so, and nothing is half done.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use shared::testing::TestCaller;

use crate::peers::Mood;
use crate::service::{Reply, Users};

/// What auth is asked for, and what files is.
fn calls(
    users: &Users,
    admin: &TestCaller,
    ada: &TestCaller,
) -> Vec<(&'static str, reqwest::RequestBuilder)> {
    let path = format!("/users/{}", ada.id);
    let by =
        |caller: &TestCaller, method, path: &str| users.anonymous(method, path).bearer_auth(&caller.token);
    let picture = Part::bytes(b"GIF89a".as_slice()).mime_str("image/gif").unwrap();
    vec![
        ("role", by(admin, Method::PUT, &format!("{path}/role")).json(&json!({"role": "agent"}))),
        ("status", by(admin, Method::PUT, &path).json(&json!({"isActive": false, "firstName": "Eve"}))),
        ("deletion", by(admin, Method::DELETE, &path)),
        ("picture", by(ada, Method::POST, "/users/avatar").multipart(Form::new().part("file", picture))),
        ("no picture", by(ada, Method::DELETE, "/users/avatar")),
    ]
}

async fn assert_away(users: &Users, within: Duration, picture_within: Duration) {
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let before = users.get(&admin, &format!("/users/{}", ada.id)).await.body;
    for (what, request) in calls(users, &admin, &ada) {
        let asked = Instant::now();
        let reply = Reply::to(request).await;
        let took = asked.elapsed();
        assert_eq!(reply.refusal(), (503, "dependency_unavailable"), "{what}");
        assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1, "{what}");
        let limit = if what.contains("picture") { picture_within } else { within };
        assert!(took < limit, "{what} took {took:?}");
        assert_eq!(users.get(&admin, &format!("/users/{}", ada.id)).await.body, before, "{what}");
    }
    // What nobody else is needed for goes on.
    let edited = users.edit(&ada, json!({"firstName": "Ada"})).await;
    assert_eq!(users.profile(&ada).await, edited);
    assert_eq!(
        users.put_to(&admin, &format!("/users/{}", ada.id), &json!({"phone": "12345"})).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_they_are_stopped() {
    let users = Users::start().await;
    // Whoever starts needs auth's keys once; from then on auth may be away.
    users.profile(&users.world.user("early@example.com")).await;
    users.peers.stop().await;
    assert_away(&users, Duration::from_secs(1), Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_they_are_frozen() {
    let users = Users::start().await;
    users.peers.turn(Mood::Frozen);
    // Files is given longer: a picture is looked at and stored.
    assert_away(&users, Duration::from_secs(1), Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_they_fail() {
    let users = Users::start().await;
    for status in [500, 502, 503] {
        users.peers.turn(Mood::Refusing(status, "dependency_unavailable"));
        assert_away(&users, Duration::from_secs(1), Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_they_are_slow_a_picture_is_waited_for_and_an_account_is_not() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    users.peers.turn(Mood::Slow(Duration::from_millis(900)));
    for (what, request) in calls(&users, &admin, &ada) {
        let expected: &[u16] = if what.contains("picture") { &[200, 204] } else { &[503] };
        let reply = Reply::to(request).await;
        assert!(expected.contains(&reply.status), "{what}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_they_come_back_the_same_request_does_the_rest() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    users.peers.turn(Mood::Refusing(503, "dependency_unavailable"));
    let path = format!("/users/{}", ada.id);
    assert_eq!(users.call(&admin, Method::DELETE, &path).await.status, 503);
    users.peers.turn(Mood::Well);
    users
        .world
        .until("the deletion goes through", || async {
            users.call(&admin, Method::DELETE, &path).await.status == 204
        })
        .await;
    assert_eq!(users.get(&admin, &path).await.status, 404);
}
