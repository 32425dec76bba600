//! Nothing that a client sends is our fault.

use reqwest::Method;
use serde_json::json;

use crate::service::{Reply, Users};

#[tokio::test(flavor = "multi_thread")]
async fn no_query_and_no_body_is_answered_by_500() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    let id = ada.id;
    let paths = [
        "/users".to_owned(),
        "/users/stats".to_owned(),
        "/users/profile".to_owned(),
        "/users/profile/activities".to_owned(),
        "/users/avatar".to_owned(),
        format!("/users/{id}"),
        format!("/users/{id}/role"),
        format!("/users/{id}/activities"),
        "/users/%F0%9F%92%A9".to_owned(),
        "/users/../users".to_owned(),
    ];
    let cursors = [
        r#"["-createdAt",["9999-12-31T23:59:59Z","0199aaaa-0000-7000-8000-000000000000"]]"#,
        r#"["-createdAt",["-9999-12-31T23:59:59Z","0199aaaa-0000-7000-8000-000000000000"]]"#,
        r#"["-createdAt",[1,2]]"#,
        r#"["-createdAt",null]"#,
        r#"["email",["a\u0000","0199aaaa-0000-7000-8000-000000000000"]]"#,
        r#"["email",[{"$ne":1},"0199aaaa-0000-7000-8000-000000000000"]]"#,
    ];
    let cursors = cursors.map(|cursor| {
        let sort = if cursor.contains("email") { "&sort=email" } else { "" };
        format!("cursor={}{sort}", base64_url(cursor.as_bytes()))
    });
    let queries = [
        "",
        "q=%FF%FE",
        "q=%25%25%25",
        "q=%5C",
        "q='\"%60;--",
        "limit=-1",
        "limit=99999999999999999999",
        "=",
        "&&&",
        "q[]=1",
    ];
    let bodies = [
        json!(null),
        json!([]),
        json!("text"),
        json!({"role": {"$gt": ""}}),
        json!({"isActive": {"a": [[]]}}),
        json!({"firstName": "\u{202e}\u{1F600}", "preferences": {"a": i64::MAX, "b": 1e300, "": ""}}),
        json!({"preferences": {"a": "x".repeat(300_000)}}),
    ];
    for path in &paths {
        for query in queries.iter().copied().chain(cursors.iter().map(String::as_str)) {
            for caller in [&admin, &ada] {
                let reply = users.get(caller, &format!("{path}?{query}")).await;
                assert!(reply.status < 500, "GET {path}?{query}: {reply:?}");
            }
        }
        for method in [Method::PUT, Method::POST, Method::PATCH] {
            for body in &bodies {
                let request = users.anonymous(method.clone(), path).bearer_auth(&admin.token).json(body);
                let reply = Reply::to(request).await;
                assert!(reply.status < 500, "{method} {path} {body}: {reply:?}");
            }
        }
    }
}

fn base64_url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(group >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}
