use reqwest::Method;
use serde_json::json;

use crate::service::{Reply, Users};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anywhere_without_a_token() {
    let users = Users::start().await;
    let alice = users.world.user("alice@example.com");

    for method in [Method::GET, Method::PUT] {
        let anonymous = users.anonymous(method.clone(), "/users/profile").json(&json!({}));
        assert_eq!(Reply::to(anonymous).await.refusal(), (401, "missing_token"), "{method}");
        let forged =
            users.anonymous(method.clone(), "/users/profile").bearer_auth(format!("{}x", alice.token));
        assert_eq!(Reply::to(forged.json(&json!({}))).await.refusal(), (401, "invalid_token"), "{method}");
    }
    assert_eq!(users.rows("SELECT 1 AS one FROM user_profiles").await.len(), 0);
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
        let reply = Reply::to(disguised.json(&json!({"lastName": "Bobson"}))).await;
        assert_eq!(
            (&reply.body["userId"], &reply.body["firstName"]),
            (&json!(bob.id), &json!(null)),
            "{method}"
        );
    }
    assert_eq!(users.profile(&alice).await["lastName"], json!(null));
}
