use reqwest::Method;
use serde_json::json;

use crate::service::{Reply, Tickets, printer};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anywhere_without_a_token() {
    let tickets = Tickets::start().await;
    let alice = tickets.world.user("alice@example.com");
    let ticket = format!("/tickets/{}", tickets.open(&alice, json!({})).await["id"].as_str().unwrap());

    for (method, path) in [(Method::POST, "/tickets"), (Method::GET, "/tickets"), (Method::GET, &ticket)] {
        let reply = Reply::to(tickets.anonymous(method.clone(), path)).await;
        assert_eq!(reply.status, 401, "{method} {path}");
        assert!(reply.header("www-authenticate").starts_with("Bearer"), "{method} {path}");
        let forged = tickets.anonymous(method.clone(), path).bearer_auth(format!("{}x", alice.token));
        assert_eq!(Reply::to(forged).await.status, 401, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_ticket_it_is_decides_who_sees_it() {
    let tickets = Tickets::start().await;
    let (alice, mallory) =
        (tickets.world.user("alice@example.com"), tickets.world.user("mallory@example.com"));
    let (agent, admin) = (tickets.world.agent("agent@example.com"), tickets.world.admin("admin@example.com"));
    let ticket = format!("/tickets/{}", tickets.open(&alice, json!({})).await["id"].as_str().unwrap());

    for (who, status) in [(&alice, 200), (&agent, 200), (&admin, 200), (&mallory, 404)] {
        for method in [Method::GET, Method::HEAD] {
            let reply = Reply::to(tickets.request(who, method.clone(), &ticket)).await;
            assert_eq!(reply.status, status, "{method} by {}", who.email);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_ticket_is_answered_like_one_that_is_not_there() {
    let tickets = Tickets::start().await;
    let (alice, mallory) =
        (tickets.world.user("alice@example.com"), tickets.world.user("mallory@example.com"));
    let strange = format!("/tickets/{}", tickets.open(&alice, json!({})).await["id"].as_str().unwrap());
    let missing = "/tickets/0199aaaa-0000-7000-8000-000000000000";

    for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::POST] {
        let mut answers = Vec::new();
        for path in [strange.as_str(), missing] {
            let request = tickets.request(&mallory, method.clone(), path).header("if-none-match", "\"1\"");
            let mut reply = Reply::to(request).await;
            if let Some(problem) = reply.body.as_object_mut() {
                problem.remove("requestId");
            }
            assert!((400..500).contains(&reply.status), "{method} {path}: {reply:?}");
            assert!(!reply.headers.contains_key("etag"), "{method} {path}");
            answers.push((reply.status, reply.body));
        }
        assert_eq!(answers[0], answers[1], "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_comes_from_the_token_alone() {
    let tickets = Tickets::start().await;
    let (alice, mallory) =
        (tickets.world.user("alice@example.com"), tickets.world.user("mallory@example.com"));
    let ticket = format!("/tickets/{}", tickets.open(&alice, json!({})).await["id"].as_str().unwrap());
    let disguised = |method, path: &str| {
        ["x-user-id", "x-userid", "x-forwarded-user", "remote-user", "x-auth-user"]
            .into_iter()
            .fold(tickets.request(&mallory, method, path), |request, header| {
                request.header(header, alice.id.to_string())
            })
            .header("x-user-role", "admin")
    };

    assert_eq!(Reply::to(disguised(Method::GET, &ticket)).await.status, 404);
    assert_eq!(Reply::to(disguised(Method::GET, "/tickets")).await.body["items"], json!([]));
    let opened = Reply::to(disguised(Method::POST, "/tickets").json(&printer())).await;
    assert_eq!(opened.body["userId"], json!(mallory.id));
}
