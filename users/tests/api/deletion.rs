//! Somebody is erased, and stays so.

use reqwest::Method;
use serde_json::json;
use shared::events::{UserDeleted, UserRegistered, UserRoleChanged, UserStatusChanged};
use shared::testing::TestCaller;

use crate::service::Users;

/// Whatever the tables hold of anybody, as text.
async fn texts(users: &Users) -> String {
    let rows = users
        .rows(
            "SELECT email || ',' || coalesce(first_name, '') || coalesce(last_name, '') || coalesce(phone, '') \
             || coalesce(department, '') || coalesce(job_title, '') || coalesce(avatar_url, '') \
             || CAST(preferences AS TEXT) || search_text || sort_name AS t FROM user_profiles",
        )
        .await;
    rows.iter().map(|row| row.try_get::<String>("", "t").unwrap()).collect()
}

async fn assert_gone(users: &Users, admin: &TestCaller, ada: &TestCaller) {
    let path = format!("/users/{}", ada.id);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = users.anonymous(method.clone(), &path).bearer_auth(&admin.token);
        let reply = crate::service::Reply::to(request.json(&json!({"firstName": "Ada"}))).await;
        assert_eq!(reply.refusal(), (404, "not_found"), "{method}");
    }
    assert_eq!(users.get(admin, &format!("{path}/activities")).await.status, 404);
    let role = users.put_to(admin, &format!("{path}/role"), &json!({"role": "admin"})).await;
    assert_eq!(role.status, 404);
    for query in ["", "?q=ada", "?q=lovelace", "?department=Engines", "?isActive=false"] {
        let list = users.get(admin, &format!("/users{query}")).await;
        assert!(list.items().iter().all(|person| person["userId"] != json!(ada.id)), "{query}: {list:?}");
    }
    let stats = users.get(admin, "/users/stats").await.body;
    assert_eq!((&stats["total"], &stats["byDepartment"]), (&json!(1), &json!({})));

    // A token that is still good is good for nothing here.
    for (method, path) in [
        (Method::GET, "/users/profile"),
        (Method::PUT, "/users/profile"),
        (Method::GET, "/users/profile/activities"),
        (Method::GET, "/users/profile/export"),
        (Method::DELETE, "/users/avatar"),
    ] {
        let request = users.anonymous(method.clone(), path).bearer_auth(&ada.token);
        let reply = crate::service::Reply::to(request.json(&json!({"firstName": "Ada"}))).await;
        assert_eq!(reply.refusal(), (401, "token_revoked"), "{method} {path}");
    }
    let texts = texts(users).await.to_lowercase();
    for personal in ["ada@", "lovelace", "engines", "12345", "analyst", "dark", "/files/"] {
        assert!(!texts.contains(personal), "{personal} in {texts}");
    }
    assert_eq!(users.rows("SELECT 1 AS one FROM user_activities").await.len(), 0);
    assert_eq!(users.rows("SELECT 1 AS one FROM user_profiles").await.len(), 2, "the mark stays");
}

async fn whole(users: &Users) -> (TestCaller, TestCaller) {
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let whole = json!({
        "firstName": "Ada", "lastName": "Lovelace", "phone": "12345", "department": "Engines", "jobTitle": "Analyst",
        "preferences": {"screen": "dark"},
    });
    users.edit(&ada, whole).await;
    users.get(&admin, &format!("/users/{}", ada.id)).await;
    (admin, ada)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_person_is_gone_at_once_and_whatever_comes_late_brings_nobody_back() {
    let users = Users::start().await;
    let (admin, ada) = whole(&users).await;

    let deleted = users.call(&admin, Method::DELETE, &format!("/users/{}", ada.id)).await;

    assert_eq!(deleted.status, 204);
    assert!(!users.peers.has_account(&ada));
    assert_gone(&users, &admin, &ada).await;
    let registered = UserRegistered { user_id: ada.id, email: ada.email.clone(), role: "user".into() };
    let role = UserRoleChanged { user_id: ada.id, old_role: "user".into(), new_role: "admin".into() };
    users.world.deliver(&registered, 900, Some(ada.id)).await;
    users.world.deliver(&role, 901, Some(admin.id)).await;
    users.world.deliver(&UserStatusChanged { user_id: ada.id, is_active: true }, 902, Some(admin.id)).await;
    users.world.deliver(&UserDeleted { user_id: ada.id }, 2, Some(admin.id)).await;
    assert_gone(&users, &admin, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_alone_erases_too() {
    let users = Users::start().await;
    let (admin, ada) = whole(&users).await;

    let event = users.world.deliver(&UserDeleted { user_id: ada.id }, 9, Some(admin.id)).await;
    users.world.deliver_again(&event).await;

    assert_gone(&users, &admin, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_deletion_comes_before_their_registration_is_never_made() {
    let users = Users::start().await;
    let admin = users.admin().await;
    let ada = users.world.user("ada@example.com");

    users.world.deliver(&UserDeleted { user_id: ada.id }, 2, Some(admin.id)).await;
    users.registered(&ada, "user").await;

    assert_gone(&users, &admin, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_was_broken_off_is_ended_by_its_repetition() {
    let users = Users::start().await;
    let (admin, ada) = whole(&users).await;
    // Auth did its part, and we were killed before ours.
    let auth = reqwest::Client::new().delete(format!("{}/auth/users/{}", users.peers.url, ada.id));
    auth.bearer_auth(&admin.token).send().await.unwrap();

    assert_eq!(users.call(&admin, Method::DELETE, &format!("/users/{}", ada.id)).await.status, 204);

    assert_gone(&users, &admin, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_at_the_moment_of_a_deletion_leaves_nothing() {
    let users = Users::start().await;
    let (admin, ada) = whole(&users).await;
    let edits = futures_util::future::join_all((0..20).map(|n| {
        let (users, ada) = (&users, &ada);
        async move { users.put(ada, &json!({"firstName": format!("Ada {n}")})).await.status }
    }));
    let path = format!("/users/{}", ada.id);
    let deletion = users.call(&admin, Method::DELETE, &path);

    let (statuses, deleted) = futures_util::join!(edits, deletion);

    assert_eq!(deleted.status, 204);
    assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{statuses:?}");
    assert_gone(&users, &admin, &ada).await;
}
