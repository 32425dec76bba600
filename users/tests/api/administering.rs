//! What administrators do to others, with auth on the stage; the true auth is met in the journeys.

use insta::assert_json_snapshot;
use serde_json::json;
use shared::events::UserRoleChanged;

use crate::peers::Mood;
use crate::service::Users;

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_reads_what_auth_agreed_to_before_any_event_tells_it() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let path = format!("/users/{}", ada.id);
    users.get(&admin, &path).await; // Now it is cached.

    let given = users.put_to(&admin, &format!("{path}/role"), &json!({"role": "agent"})).await;
    assert_eq!((given.status, &given.body["role"]), (200, &json!("agent")));
    assert_eq!(users.get(&admin, &path).await.body, given.body);

    let closed = users.put_to(&admin, &path, &json!({"isActive": false, "lastName": "Lovelace"})).await;
    assert_eq!(users.get(&admin, &path).await.body, closed.body);
    assert_json_snapshot!(closed.body, {".id" => "[id]", ".userId" => "[ada]"}, @r#"
    {
      "avatarUrl": null,
      "createdAt": "2026-03-02T09:00:00Z",
      "department": null,
      "email": "ada@example.com",
      "firstName": null,
      "id": "[id]",
      "isActive": false,
      "jobTitle": null,
      "lastName": "Lovelace",
      "phone": null,
      "preferences": {},
      "role": "agent",
      "updatedAt": "2026-03-02T09:00:00Z",
      "userId": "[ada]"
    }
    "#);

    // The event of the first change comes late, and knows less.
    let late = UserRoleChanged { user_id: ada.id, old_role: "agent".into(), new_role: "user".into() };
    users.world.deliver(&late, 1, Some(admin.id)).await;
    assert_eq!(users.get(&admin, &path).await.body, closed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_by_an_administrator_is_told_as_theirs() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);

    let path = format!("/users/{}", ada.id);
    assert_eq!(users.put_to(&admin, &path, &json!({"department": "Engines"})).await.status, 200);
    assert_eq!(users.put_to(&admin, &path, &json!({"department": "Engines"})).await.status, 200);
    assert_eq!(users.put_to(&admin, &path, &json!({})).await.status, 200);

    let events = users.world.emitted("users").await;
    let [event] = events.as_slice() else { panic!("one event, not {}", events.len()) };
    assert_eq!((event.event_type.as_str(), event.user_id), ("user.profile_updated", Some(admin.id)));
    assert_eq!(event.aggregate_id, ada.id.0);
    assert_eq!(users.profile(&ada).await["department"], json!("Engines"));
    assert_eq!(users.peers.calls(), [] as [String; 0], "auth is asked about accounts alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_auth_refuses_is_answered_and_not_done() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let path = format!("/users/{}", ada.id);
    let before = users.get(&admin, &path).await.body;

    for (status, code, answered) in [
        (409, "own_account", (409, "own_account")),
        (409, "last_admin", (409, "last_admin")),
        (403, "forbidden", (403, "forbidden")),
        (401, "token_revoked", (401, "invalid_token")),
        (422, "validation_failed", (422, "validation_failed")),
    ] {
        users.peers.turn(Mood::Refusing(status, code));
        let role = users.put_to(&admin, &format!("{path}/role"), &json!({"role": "admin"})).await;
        assert_eq!(role.refusal(), answered);
        let change = users.put_to(&admin, &path, &json!({"isActive": false, "firstName": "Eve"})).await;
        assert_eq!(change.refusal(), answered);
        assert_eq!(users.call(&admin, reqwest::Method::DELETE, &path).await.refusal(), answered);
        assert_eq!(users.get(&admin, &path).await.body, before);
    }
    assert_eq!(users.world.emitted("users").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_profile_is_nobody_and_auth_is_not_asked() {
    let users = Users::start().await;
    let admin = users.admin().await;
    let ghost = users.world.user("ghost@example.com");
    users.peers.account(&ghost, "user");

    let path = format!("/users/{}", ghost.id);
    assert_eq!(users.get(&admin, &path).await.refusal(), (404, "not_found"));
    assert_eq!(users.put_to(&admin, &path, &json!({"isActive": false})).await.refusal(), (404, "not_found"));
    let role = users.put_to(&admin, &format!("{path}/role"), &json!({"role": "admin"})).await;
    assert_eq!(role.refusal(), (404, "not_found"));
    assert_eq!(users.call(&admin, reqwest::Method::DELETE, &path).await.refusal(), (404, "not_found"));
    assert_eq!(users.peers.calls(), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_fields_of_an_administrators_edit_can_be_set() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let path = format!("/users/{}", ada.id);
    for field in ["id", "userId", "email", "role", "avatarUrl", "createdAt", "version", "erasedAt"] {
        let reply = users.put_to(&admin, &path, &json!({field: "admin"})).await;
        assert_eq!(reply.refusal(), (400, "unknown_field"), "{field}");
    }
    for body in [json!({"isActive": null}), json!({"isActive": "false"}), json!({"firstName": ""})] {
        assert_eq!(users.put_to(&admin, &path, &body).await.refusal(), (422, "validation_failed"), "{body}");
    }
    for body in [json!({}), json!({"role": null}), json!({"role": 1}), json!({"role": "Admin"})] {
        let reply = users.put_to(&admin, &format!("{path}/role"), &body).await;
        assert_eq!(reply.refusal(), (422, "validation_failed"), "{body}");
    }
    let reply =
        users.put_to(&admin, &format!("{path}/role"), &json!({"role": "user", "isActive": true})).await;
    assert_eq!(reply.refusal(), (400, "unknown_field"));
}
