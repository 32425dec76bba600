use sea_orm::{ConnectionTrait, Statement};
use shared::auth::Role;
use shared::db::Db;
use shared::testing::World;

use crate::stage::{Stage, refused, staged_on};

/// The world is kept: its end takes the database with it.
async fn kept() -> (World, Stage) {
    let world = World::at("2026-01-31T10:00:00Z".parse().unwrap()).await;
    let db = world.open::<migrations::tickets::Migrator>("tickets").await;
    db.conn()
        .execute_unprepared("create table notes (id text primary key, title text not null)")
        .await
        .unwrap();
    let stage = staged_on(world.process().clone(), Some(db), |_| {}, |module| module).await;
    (world, stage)
}

fn db(stage: &Stage) -> &Db {
    stage.notes.db.as_ref().unwrap()
}

async fn notes(stage: &Stage) -> i64 {
    let db = db(stage).conn();
    let statement = Statement::from_string(db.get_database_backend(), "select count(*) as n from notes");
    db.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}

struct Said {
    status: u16,
    body: String,
    location: String,
    replayed: bool,
}

async fn said(request: reqwest::RequestBuilder) -> Said {
    let response = request.send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_string());
    let (location, etag) = (header("location").unwrap_or_default(), header("etag"));
    let (status, replayed) = (response.status().as_u16(), header("idempotency-replayed").is_some());
    assert_eq!(etag.as_deref(), Some("\"1\""));
    Said { status, location, replayed, body: response.text().await.unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_have_one_effect_and_one_answer() {
    let (_world, stage) = kept().await;
    let token = stage.token(Role::User);
    let send = || {
        let request = stage.request("POST", "/notes").bearer_auth(&token).header("idempotency-key", "k1");
        request.header("content-type", "application/json").body(r#"{"title":"a"}"#)
    };
    let first = said(send()).await;
    let second = said(send()).await;
    assert_eq!((first.status, first.replayed), (201, false));
    assert_eq!((second.status, second.replayed), (201, true));
    assert_eq!((first.body, first.location), (second.body, second.location));
    assert_eq!(notes(&stage).await, 1);

    let other = send().body(r#"{"title":"b"}"#);
    assert_eq!(refused(other).await, (422, "idempotency_mismatch".to_string()));
    assert_eq!(notes(&stage).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_callers_own_and_expires() {
    let (_world, stage) = kept().await;
    let send = |token: &str, key: &str| {
        let request = stage.request("POST", "/notes").bearer_auth(token).header("idempotency-key", key);
        request.header("content-type", "application/json").body(r#"{"title":"a"}"#)
    };
    let (alice, bob) = (stage.token(Role::User), stage.token(Role::User));
    let (first, theirs) = (said(send(&alice, "k")).await, said(send(&bob, "k")).await);
    assert_ne!(first.body, theirs.body);
    assert!(!theirs.replayed);
    assert_eq!(notes(&stage).await, 2);
    assert_eq!(shared::once::purge(db(&stage).conn(), stage.process.clock.now()).await.unwrap(), 0);

    for bad in ["", &"x".repeat(256)] {
        assert_eq!(refused(send(&alice, bad)).await, (400, "bad_header".to_string()));
    }
    let day_later = stage.process.clock.now() + shared::once::KEPT;
    assert_eq!(shared::once::purge(db(&stage).conn(), day_later).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_counts_as_new_although_nobody_purged_it() {
    let (_world, stage) = kept().await;
    let user_token = stage.token(Role::User);
    let send = |token: &str| {
        let request = stage.request("POST", "/notes").bearer_auth(token).header("idempotency-key", "k");
        request.header("content-type", "application/json").body(r#"{"title":"a"}"#)
    };
    said(send(&user_token)).await;
    let long_ago = "update idempotency_keys set created_at = '2026-01-30T10:00:00+00:00'";
    db(&stage).conn().execute_unprepared(long_ago).await.unwrap();
    assert!(!said(send(&user_token)).await.replayed);
    assert!(said(send(&user_token)).await.replayed);
    assert_eq!(notes(&stage).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_have_one_effect() {
    let (_world, stage) = kept().await;
    let token = stage.token(Role::User);
    let sending = (0..20).map(|_| {
        let request = stage.request("POST", "/notes").bearer_auth(&token).header("idempotency-key", "k");
        said(request.header("content-type", "application/json").body(r#"{"title":"a"}"#))
    });
    let answers = futures_util::future::join_all(sending).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(notes(&stage).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_leaves_the_key_free() {
    let (_world, stage) = kept().await;
    let token = stage.token(Role::User);
    let send = |body: &'static str| {
        let request = stage.request("POST", "/notes").bearer_auth(&token).header("idempotency-key", "k");
        request.header("content-type", "application/json").body(body)
    };
    assert_eq!(refused(send("{}")).await.0, 422);
    assert_eq!(said(send(r#"{"title":"a"}"#)).await.status, 201);
}
