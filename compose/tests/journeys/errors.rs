use std::collections::BTreeMap;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::{
    house::House,
    openapi::{filled, operations},
};

/// An error as every service words it.
async fn assert_problem(answer: Response, status: StatusCode, what: &str) -> Value {
    assert_eq!(answer.status(), status, "{what}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{what}");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16(), "{what}");
    assert_eq!(problem["requestId"], id, "{what}");
    for field in ["type", "title", "code"] {
        assert!(problem[field].is_string(), "{what}: {field} in {problem}");
    }
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_not_there_is_405_and_says_which_are() {
    let house = House::open().await;
    let mut methods: BTreeMap<String, Vec<Method>> = BTreeMap::new();
    for operation in operations(&house).await {
        let path = operation.name.split(' ').next_back().unwrap().to_owned();
        methods.entry(path).or_default().push(operation.method);
    }
    let all = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    for (path, known) in &methods {
        // A literal path may lie within a path with parameters: /notifications/read-all in /notifications/{id}.
        for method in all.iter().filter(|method| !known.contains(method)) {
            let what = format!("{method} {path}");
            let request = house.client.request(method.clone(), format!("{}{}", house.url, filled(path)));
            let answer = request.send().await.unwrap();
            if answer.status() == StatusCode::UNAUTHORIZED {
                assert!(is_within_another(path, method, &methods), "{what}");
                continue;
            }
            let allow =
                answer.headers().get("allow").unwrap_or_else(|| panic!("{what} has no Allow")).clone();
            assert_problem(answer, StatusCode::METHOD_NOT_ALLOWED, &what).await;
            for known in known {
                assert!(allow.to_str().unwrap().contains(known.as_str()), "{what}: {allow:?} lacks {known}");
            }
        }
    }
}

/// Whether a path with parameters takes this literal one, with this method.
fn is_within_another(path: &str, method: &Method, methods: &BTreeMap<String, Vec<Method>>) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    methods.iter().any(|(other, known)| {
        let others: Vec<_> = other.split('/').collect();
        known.contains(method)
            && others.len() == parts.len()
            && others.iter().zip(&parts).all(|(other, part)| other == part || other.starts_with('{'))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_may_send_is_never_an_internal_error() {
    let house = House::open().await;
    let admin = house.admin().await;
    let bodies: [(&str, &[u8]); 7] = [
        ("application/json", b"{"),
        ("application/json", b"null"),
        ("application/json", b"[]"),
        ("application/json", b"{\"\\u0000\": \"\\ud800\"}"),
        ("application/json", &[0xff, 0xfe]),
        ("text/plain", b"hello"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
    ];
    for operation in operations(&house).await {
        // It ends the session that asks.
        if operation.path == "/auth/logout" {
            continue;
        }
        for query in ["", "?limit=-1", "?cursor=%00", "?a=%ff"] {
            let url = format!("{}{}{query}", house.url, operation.path);
            let Some(_) = operation.media_type else {
                let answer = house
                    .client
                    .request(operation.method.clone(), &url)
                    .bearer_auth(&admin.token)
                    .send()
                    .await;
                assert_fair(answer.unwrap(), &format!("{}{query}", operation.name)).await;
                continue;
            };
            for (media_type, body) in bodies {
                let request = house.client.request(operation.method.clone(), &url).bearer_auth(&admin.token);
                let answer =
                    request.header("content-type", media_type).body(body.to_vec()).send().await.unwrap();
                let what = format!("{}{query} with {media_type} {body:?}", operation.name);
                assert!(answer.status().is_client_error(), "{what}: {}", answer.status());
                assert_fair(answer, &what).await;
            }
        }
    }
}

async fn assert_fair(answer: Response, what: &str) {
    let status = answer.status();
    assert!(!status.is_server_error(), "{what}: {status}");
    if status.is_client_error() {
        assert_problem(answer, status, what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_not_there_is_404_on_every_port() {
    let house = House::open().await;
    let ports = house.services.iter().map(|(_, url)| url.clone()).chain([house.url.clone()]);
    for url in ports {
        for path in ["/", "/nothing", "/tickets/../../etc/passwd", "/%00", "/%ff"] {
            let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
            assert_problem(answer, StatusCode::NOT_FOUND, path).await;
        }
    }
}
