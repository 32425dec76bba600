//! The copy of auth's account, fed by events.

use serde_json::json;
use shared::events::{UserRegistered, UserRoleChanged, UserStatusChanged};

use crate::service::Users;

/// The copy as it is: address, role, whether it may be used, and how new each of them is.
async fn copy(users: &Users) -> (String, String, bool, [i64; 3]) {
    let sql =
        "SELECT email, role, is_active, account_version, role_version, status_version FROM user_profiles";
    let rows = users.rows(sql).await;
    let [row] = rows.as_slice() else { panic!("one profile, not {}", rows.len()) };
    (
        row.try_get("", "email").unwrap(),
        row.try_get("", "role").unwrap(),
        row.try_get("", "is_active").unwrap(),
        ["account_version", "role_version", "status_version"].map(|name| row.try_get("", name).unwrap()),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_knows_better_than_the_token() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    let profile = users.profile(&alice).await;
    assert_eq!(copy(&users).await, ("alice@example.com".into(), "user".into(), true, [0; 3]));
    users.edit(&alice, json!({"firstName": "Alice"})).await;

    let registered =
        UserRegistered { user_id: alice.id, email: "alice@example.org".into(), role: "admin".into() };
    users.world.deliver(&registered, 1, Some(alice.id)).await;

    assert_eq!(copy(&users).await, ("alice@example.org".into(), "admin".into(), true, [1; 3]));
    let now = users.profile(&alice).await;
    assert_eq!((&now["id"], &now["firstName"]), (&profile["id"], &json!("Alice")), "the rest is untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_word_never_overwrites_a_newer_one() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    let registered = UserRegistered { user_id: alice.id, email: alice.email.clone(), role: "user".into() };
    let agent = UserRoleChanged { user_id: alice.id, old_role: "user".into(), new_role: "agent".into() };
    let user = UserRoleChanged { user_id: alice.id, old_role: "agent".into(), new_role: "user".into() };
    let closed = UserStatusChanged { user_id: alice.id, is_active: false };

    users.world.deliver(&registered, 1, None).await;
    users.world.deliver(&agent, 4, None).await;
    users.world.deliver(&user, 3, None).await;
    assert_eq!(copy(&users).await, ("alice@example.com".into(), "agent".into(), true, [1, 4, 1]));

    users.world.deliver(&closed, 5, None).await;
    users.world.deliver(&registered, 1, None).await;
    assert_eq!(copy(&users).await, ("alice@example.com".into(), "agent".into(), false, [1, 4, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_overtakes_the_registration_waits_for_it() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    let registered = UserRegistered { user_id: alice.id, email: alice.email.clone(), role: "user".into() };
    let agent = UserRoleChanged { user_id: alice.id, old_role: "user".into(), new_role: "agent".into() };
    let closed = UserStatusChanged { user_id: alice.id, is_active: false };
    let [registered, agent, closed] = [
        users.world.envelope(&registered, 1, None),
        users.world.envelope(&agent, 2, None),
        users.world.envelope(&closed, 3, None),
    ];

    users.world.deliver_in_order(&[&closed, &agent, &registered]).await;
    assert_eq!(copy(&users).await, ("alice@example.com".into(), "agent".into(), false, [1, 2, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_changes_nothing() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    let registered = UserRegistered { user_id: alice.id, email: alice.email.clone(), role: "user".into() };

    let event = users.world.deliver(&registered, 1, None).await;
    let profile = users.edit(&alice, json!({"phone": "12345"})).await;
    users.world.deliver_again(&event).await;

    assert_eq!(users.profile(&alice).await, profile);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_an_unknown_role_is_put_aside_and_the_next_one_is_taken() {
    let users = Users::start().await;
    let (eve, alice) = (users.world.user("eve@example.com"), users.world.user("alice@example.com"));
    let odd = UserRegistered { user_id: eve.id, email: eve.email.clone(), role: "emperor".into() };
    let sound = UserRegistered { user_id: alice.id, email: alice.email.clone(), role: "user".into() };

    users.world.deliver(&odd, 1, None).await;
    users.world.deliver(&sound, 1, None).await;

    let failed = users.rows("SELECT event_type, error FROM failed_events").await;
    assert_eq!(failed.len(), 1);
    assert!(failed[0].try_get::<String>("", "error").unwrap().contains("emperor"));
    assert_eq!(copy(&users).await.0, "alice@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_role_does_not_keep_out_an_older_status() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");
    users.registered(&alice, "user").await;

    let agent = UserRoleChanged { user_id: alice.id, old_role: "user".into(), new_role: "agent".into() };
    users.world.deliver(&agent, 5, None).await;
    users.world.deliver(&UserStatusChanged { user_id: alice.id, is_active: false }, 4, None).await;

    assert_eq!(copy(&users).await, ("alice@example.com".into(), "agent".into(), false, [1, 5, 4]));
}
