//! Who may do what to whom.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ids::UserId;

use crate::service::{Reply, Users};

/// Every route of one's own: any role, one's own data alone.
const OWN: [(Method, &str); 6] = [
    (Method::GET, "/users/profile"),
    (Method::PUT, "/users/profile"),
    (Method::GET, "/users/profile/activities"),
    (Method::GET, "/users/profile/export"),
    (Method::POST, "/users/avatar"),
    (Method::DELETE, "/users/avatar"),
];

/// Every other route with its body, and what a user, an agent and an administrator are answered: about themselves, about
/// somebody else, about nobody.
type Row = (Method, &'static str, Value, [[u16; 3]; 3]);

fn table() -> Vec<Row> {
    const NO: [u16; 3] = [403; 3];
    vec![
        (Method::GET, "/users", json!(null), [NO, NO, [200; 3]]),
        (Method::GET, "/users/stats", json!(null), [NO, NO, [200; 3]]),
        (Method::GET, "/users/{id}", json!(null), [NO, [200, 200, 404], [200, 200, 404]]),
        (Method::GET, "/users/{id}/activities", json!(null), [NO, NO, [200, 200, 404]]),
        (Method::PUT, "/users/{id}", json!({"jobTitle": "Clerk"}), [NO, NO, [200, 200, 404]]),
        (Method::PUT, "/users/{id}", json!({"isActive": true}), [NO, NO, [200, 200, 404]]),
        (Method::PUT, "/users/{id}", json!({"isActive": 1}), [NO, NO, [422, 422, 422]]),
        (Method::PUT, "/users/{id}/role", json!({"role": "agent"}), [NO, NO, [200, 200, 404]]),
        (Method::PUT, "/users/{id}/role", json!({"role": "root"}), [NO, NO, [422, 422, 422]]),
        // Of oneself auth would say 409; on the stage it says yes, so it comes last.
        (Method::DELETE, "/users/{id}", json!(null), [NO, NO, [204, 204, 404]]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ones_own_is_open_to_every_role() {
    let users = Users::start().await;
    let callers = [
        users.world.user("user@example.com"),
        users.world.agent("agent@example.com"),
        users.world.admin("admin@example.com"),
    ];
    for caller in &callers {
        for (method, path) in OWN {
            let request = users.anonymous(method.clone(), path).bearer_auth(&caller.token);
            let body =
                if method == Method::PUT { request.json(&json!({"firstName": "Me"})) } else { request };
            let expected = match path {
                "/users/avatar" if method == Method::DELETE => 204,
                // There is no form.
                "/users/avatar" => 415,
                _ => 200,
            };
            let reply = Reply::to(body).await;
            assert_eq!(reply.status, expected, "{method} {path} by {}: {reply:?}", caller.email);
        }
    }
    assert_eq!(users.rows("SELECT 1 AS one FROM user_profiles").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_by_every_role_about_every_kind_of_person() {
    let users = Users::start().await;
    let callers = [
        users.world.user("user@example.com"),
        users.world.agent("agent@example.com"),
        users.world.admin("admin@example.com"),
    ];
    for (caller, role) in callers.iter().zip(["user", "agent", "admin"]) {
        users.registered(caller, role).await;
    }
    for (row, (method, path, body, expected)) in table().into_iter().enumerate() {
        for (caller, expected) in callers.iter().zip(expected) {
            let other = users.user(&format!("other{row}@example.com")).await;
            let nobody = UserId::at(users.world.clock().now());
            // Oneself comes last: to be deleted ends it.
            for (whose, expected) in
                [(other.id, expected[1]), (nobody, expected[2]), (caller.id, expected[0])]
            {
                let path = path.replace("{id}", &whose.to_string());
                let mut request = users.anonymous(method.clone(), &path).bearer_auth(&caller.token);
                if !body.is_null() {
                    request = request.json(&body);
                }
                let reply = Reply::to(request).await;
                assert_eq!(reply.status, expected, "{method} {path} {body} by {}: {reply:?}", caller.email);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anywhere_without_a_token() {
    let users = Users::start().await;
    let alice = users.world.admin("alice@example.com");

    let others = table().into_iter().map(|(method, path, ..)| (method, path));
    for (method, path) in OWN.into_iter().chain(others) {
        let path = path.replace("{id}", &alice.id.to_string());
        let anonymous = users.anonymous(method.clone(), &path).json(&json!({}));
        assert_eq!(Reply::to(anonymous).await.refusal(), (401, "missing_token"), "{method} {path}");
        let forged = users.anonymous(method.clone(), &path).bearer_auth(format!("{}x", alice.token));
        assert_eq!(
            Reply::to(forged.json(&json!({}))).await.refusal(),
            (401, "invalid_token"),
            "{method} {path}"
        );
    }
    assert_eq!(users.rows("SELECT 1 AS one FROM user_profiles").await.len(), 0);
    assert_eq!(users.peers.calls(), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reaches_their_own_profile_and_no_other() {
    let users = Users::start().await;
    let (alice, bob) = (users.world.user("alice@example.com"), users.world.user("bob@example.com"));
    users.edit(&alice, json!({"firstName": "Alice"})).await;

    for method in [Method::GET, Method::PUT] {
        let mut disguised = users.request(&bob, method.clone());
        for header in ["x-user-id", "x-userid", "x-forwarded-user", "remote-user"] {
            disguised = disguised.header(header, alice.id.to_string());
        }
        let reply =
            Reply::to(disguised.header("x-user-role", "admin").json(&json!({"lastName": "Bobson"}))).await;
        assert_eq!(
            (&reply.body["userId"], &reply.body["firstName"]),
            (&json!(bob.id), &json!(null)),
            "{method}"
        );
    }
    assert_eq!(users.profile(&alice).await["lastName"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_ones_own_are_no_ids() {
    let users = Users::start().await;
    let admin = users.admin().await;
    for (method, path) in [
        (Method::GET, "/users/avatar"),
        (Method::PUT, "/users/stats"),
        (Method::DELETE, "/users/profile"),
        (Method::PUT, "/users/profile/role"),
        (Method::GET, "/users/nonsense"),
        (Method::GET, "/users/%00"),
        (Method::DELETE, "/users/0199aaaa-0000-7000-8000-000000000000x"),
    ] {
        let request = users.anonymous(method.clone(), path).bearer_auth(&admin.token);
        let reply = Reply::to(request.json(&json!({"role": "user"}))).await;
        assert!([404, 405].contains(&reply.status), "{method} {path}: {reply:?}");
    }
    assert_eq!(users.profile(&admin).await["userId"], json!(admin.id));
}
