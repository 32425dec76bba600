use futures_util::future::join_all;
use insta::assert_json_snapshot;
use serde_json::json;
use shared::events::UserRegistered;

use crate::service::Users;

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_profile_before_the_event_has_arrived() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");

    let profile = users.profile(&alice).await;

    assert_eq!(profile["userId"], json!(alice.id));
    assert_json_snapshot!(profile, {".id" => "[id]", ".userId" => "[alice]"}, @r#"
    {
      "avatarUrl": null,
      "createdAt": "2026-03-02T09:00:00Z",
      "department": null,
      "email": "alice@example.com",
      "firstName": null,
      "id": "[id]",
      "jobTitle": null,
      "lastName": null,
      "phone": null,
      "preferences": {},
      "updatedAt": "2026-03-02T09:00:00Z",
      "userId": "[alice]"
    }
    "#);
    assert_eq!(users.profile(&alice).await, profile);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_makes_the_profile_before_anybody_asks() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    let registered = UserRegistered { user_id: alice.id, email: alice.email.clone(), role: "user".into() };

    users.world.deliver(&registered, 1, Some(alice.id)).await;

    let rows = users.rows("SELECT id, email FROM user_profiles").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].try_get::<String>("", "email").unwrap(), "alice@example.com");
    let made: uuid::Uuid = rows[0].try_get("", "id").unwrap();
    assert_eq!(users.profile(&alice).await["id"], json!(made));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_and_many_first_requests_at_once_make_one_profile() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    let registered = UserRegistered { user_id: alice.id, email: alice.email.clone(), role: "user".into() };

    let event = users.world.deliver(&registered, 1, Some(alice.id));
    let requests = join_all((0..10).map(|_| users.profile(&alice)));
    let (_, profiles) = futures_util::join!(event, requests);

    assert!(profiles.iter().all(|profile| profile == &profiles[0]));
    assert_eq!(users.rows("SELECT 1 AS one FROM user_profiles").await.len(), 1);
    assert_eq!(users.profile(&alice).await, profiles[0]);
}
