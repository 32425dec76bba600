use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::Value;
use shared::auth::Role;
use shared::http::{CallError, Caller, ClientSettings, ServiceClient};
use shared::ids::UserId;

use crate::stage::{Stage, stage};

const SOME_ID: &str = "0199a5d0-0000-7000-8000-000000000000";

fn caller(stage: &Stage, role: Role) -> Caller {
    let now = stage.process.clock.now();
    Caller::new(UserId::at(now), stage.session, role, "a@example.com", now, &stage.token(role))
}

fn client(url: &str) -> ServiceClient {
    ServiceClient::new("notes", url, ClientSettings::default())
}

#[tokio::test]
async fn a_call_carries_the_callers_token_and_tells_refusals_apart() {
    let stage = stage().await;
    let client = client(&stage.url);
    let (user, admin) = (caller(&stage, Role::User), caller(&stage, Role::Admin));
    let note: Value = client.get(&format!("/notes/{SOME_ID}"), &user).await.unwrap();
    assert_eq!(note["id"], SOME_ID);
    assert_eq!(client.get::<Value>("/notes/1", &user).await, Err(CallError::NotFound));
    assert_eq!(client.get::<Value>("/admin/notes", &user).await, Err(CallError::Forbidden));
    assert_eq!(client.get::<Value>("/admin/notes", &admin).await.unwrap()["role"], "admin");
    let refused = CallError::Refused { status: 422, code: "validation_failed".into(), detail: None };
    assert_eq!(client.post::<_, Value>("/notes", &serde_json::json!({}), &user).await, Err(refused));
    client.delete(&format!("/notes/{SOME_ID}"), &user).await.unwrap();
    stage.process.revocations.revoke(stage.session, stage.process.clock.now() + chrono::Duration::hours(1));
    assert_eq!(client.get::<Value>("/notes", &user).await, Err(CallError::Unauthorized));
}

#[tokio::test]
async fn a_frozen_peer_is_given_up_within_a_second_and_then_left_alone() {
    let stage = stage().await;
    // It takes connections, as the kernel does for a stopped process, and says nothing.
    let frozen = TcpListener::bind("127.0.0.1:0").unwrap();
    frozen.set_nonblocking(true).unwrap();
    let connections = || std::iter::from_fn(|| frozen.accept().ok()).count();
    let settings = ClientSettings { rest: Duration::from_secs(600), ..ClientSettings::default() };
    let client = ServiceClient::new("notes", &format!("http://{}", frozen.local_addr().unwrap()), settings);
    let user = caller(&stage, Role::User);
    for _ in 0..3 {
        let asked = Instant::now();
        let outcome = client.get::<Value>("/notes", &user).await;
        assert!(matches!(outcome, Err(CallError::Unavailable { .. })), "{outcome:?}");
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    assert!(connections() >= 3);
    assert!(client.get::<Value>("/notes", &user).await.is_err());
    assert_eq!(connections(), 0, "the breaker is open");
}

#[tokio::test]
async fn a_failing_server_is_tried_again_under_the_same_request_id_and_a_post_is_not() {
    let stage = stage().await;
    let (client, user) = (client(&stage.url), caller(&stage, Role::User));
    let call = client.get::<Value>("/flaky", &user);
    let answer = shared::telemetry::correlated("from-afar", call).await.unwrap();
    assert_eq!(answer["requestId"], "from-afar");
    assert_eq!(stage.notes.calls.load(Ordering::SeqCst), 3);
    let post = client.post::<_, Value>("/flaky", &(), &user).await;
    assert!(matches!(post, Err(CallError::Unavailable { .. })), "{post:?}");
    assert_eq!(stage.notes.calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn too_many_calls_at_once_fail_at_once() {
    let stage = stage().await;
    let settings = ClientSettings { at_once: 2, ..ClientSettings::default() };
    let (client, user) = (ServiceClient::new("notes", &stage.url, settings), caller(&stage, Role::User));
    let calls = (0..3).map(|_| client.get::<Value>("/slow", &user));
    let gate = async {
        while stage.notes.permits.available_permits() < 2 {
            stage.notes.permits.add_permits(1);
            tokio::task::yield_now().await;
        }
    };
    let (outcomes, ()) = tokio::join!(futures_util::future::join_all(calls), gate);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{outcomes:?}");
    assert!(matches!(outcomes[2], Err(CallError::Unavailable { .. })), "{outcomes:?}");
}

#[tokio::test]
async fn a_call_takes_no_longer_than_its_request_has_left() {
    let stage = stage().await;
    let frozen = TcpListener::bind("127.0.0.1:0").unwrap();
    let minute = Duration::from_secs(60);
    let settings = ClientSettings { total: minute, each: minute, ..ClientSettings::default() };
    let client = ServiceClient::new("notes", &format!("http://{}", frozen.local_addr().unwrap()), settings);
    let user = caller(&stage, Role::User);
    let asked = Instant::now();
    let deadline = Some(Instant::now() + Duration::from_millis(100));
    let outcome = shared::http::client::within_deadline(deadline, client.get::<Value>("/notes", &user)).await;
    assert!(outcome.is_err());
    // By itself it would have a minute.
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}
