//! Pictures, with files on the stage; the true one is met in the journeys.

use chrono::TimeDelta;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use shared::testing::TestCaller;

use crate::peers::Mood;
use crate::service::{Reply, Users};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n, more or less";
const MAX: usize = 2 * 1024 * 1024;

fn part(bytes: &[u8], kind: &str) -> Part {
    Part::bytes(bytes.to_vec()).file_name("me.png").mime_str(kind).unwrap()
}

async fn send(users: &Users, caller: &TestCaller, form: Form) -> Reply {
    let request = users.anonymous(Method::POST, "/users/avatar").bearer_auth(&caller.token);
    Reply::to(request.multipart(form)).await
}

async fn give(users: &Users, caller: &TestCaller, bytes: &[u8], kind: &str) -> Reply {
    send(users, caller, Form::new().part("file", part(bytes, kind))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_given_changed_and_taken_away() {
    let users = Users::start().await;
    let ada = users.user("ada@example.com").await;

    let given = give(&users, &ada, PNG, "image/png").await;

    assert_eq!(given.status, 200);
    let url = format!("/files/avatars/{}?v={:016x}", ada.id, PNG.len());
    assert_eq!(given.body["avatarUrl"], json!(url));
    assert_eq!(users.profile(&ada).await, given.body);
    assert_eq!(users.peers.picture(&ada), Some(("image/png".into(), PNG.len())));

    let again = give(&users, &ada, PNG, "image/png").await;
    assert_eq!(again.body, given.body, "the same picture is no change");
    users.world.clock().advance(TimeDelta::seconds(1));
    assert_eq!(give(&users, &ada, b"GIF89a...", "image/gif").await.status, 200);
    users.world.clock().advance(TimeDelta::seconds(1));
    for _ in 0..2 {
        assert_eq!(users.call(&ada, Method::DELETE, "/users/avatar").await.status, 204, "and once more");
    }
    assert_eq!(users.profile(&ada).await["avatarUrl"], json!(null));
    assert_eq!(users.peers.picture(&ada), None);

    let events = users.world.emitted("users").await;
    let told: Vec<_> =
        events.iter().map(|event| (event.event_type.as_str(), event.aggregate_version)).collect();
    assert_eq!(told, [("user.avatar_changed", 2), ("user.avatar_changed", 3), ("user.avatar_changed", 4)]);
    let last: serde_json::Value = serde_json::from_str(events[2].data.get()).unwrap();
    assert_eq!(last, json!({"userId": ada.id, "avatarUrl": null}));
    let done = users.get(&ada, "/users/profile/activities?sort=createdAt").await;
    let kinds: Vec<_> = done.items().iter().map(|item| item["activityType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["AVATAR_CHANGED", "AVATAR_CHANGED", "AVATAR_REMOVED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_and_files_never_sees_it() {
    let users = Users::start().await;
    let ada = users.user("ada@example.com").await;
    let gif = |size: usize| [b"GIF89a".as_slice(), &vec![0; size - 6]].concat();

    for (what, bytes, kind, refusal) in [
        ("too large by one", gif(MAX + 1), "image/gif", (413, "file_too_large")),
        ("far too large", gif(5 * MAX), "image/gif", (413, "file_too_large")),
        ("not what it says", PNG.to_vec(), "image/gif", (415, "file_type_not_allowed")),
        ("SVG", b"<svg onload='alert(1)'/>".to_vec(), "image/svg+xml", (415, "file_type_not_allowed")),
        ("HTML that says PNG", b"<html>".to_vec(), "image/png", (415, "file_type_not_allowed")),
        ("no type", PNG.to_vec(), "application/octet-stream", (415, "file_type_not_allowed")),
        ("nothing", Vec::new(), "image/png", (422, "validation_failed")),
    ] {
        assert_eq!(give(&users, &ada, &bytes, kind).await.refusal(), refusal, "{what}");
    }
    for (what, form, refusal) in [
        ("no part", Form::new(), (400, "bad_request")),
        ("another part", Form::new().part("picture", part(PNG, "image/png")), (400, "unknown_field")),
        (
            "a text beside it",
            Form::new().part("file", part(PNG, "image/png")).text("userId", "1"),
            (400, "unknown_field"),
        ),
        (
            "two",
            Form::new().part("file", part(PNG, "image/png")).part("file", part(PNG, "image/png")),
            (400, "duplicate_field"),
        ),
    ] {
        assert_eq!(send(&users, &ada, form).await.refusal(), refusal, "{what}");
    }
    for (kind, body) in [
        ("application/json", r#"{"file": "x"}"#),
        ("multipart/form-data", "no boundary"),
        ("multipart/form-data; boundary=x", "no part"),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhalf",
        ),
        ("", ""),
    ] {
        let request = users.anonymous(Method::POST, "/users/avatar").bearer_auth(&ada.token);
        let reply = Reply::to(request.header("content-type", kind).body(body)).await;
        assert!([400, 415, 422].contains(&reply.status), "{kind} {body}: {reply:?}");
    }
    assert_eq!(users.peers.calls(), [] as [String; 0]);
    assert_eq!(give(&users, &ada, &gif(MAX), "image/gif").await.status, 200, "the largest that may be");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_files_refuses_is_answered_and_the_profile_keeps_its_picture() {
    let users = Users::start().await;
    let ada = users.user("ada@example.com").await;
    let before = give(&users, &ada, PNG, "image/png").await.body;
    for (status, code) in [(415, "file_type_not_allowed"), (422, "infected"), (413, "file_too_large")] {
        users.peers.turn(Mood::Refusing(status, code));
        assert_eq!(give(&users, &ada, PNG, "image/png").await.refusal(), (status, code));
        assert_eq!(users.profile(&ada).await, before);
    }
}
