use std::collections::BTreeSet;

use reqwest::{Method, Response};
use serde_json::Value;

use super::house::House;

/// What may be called without a token. Everything else is 401.
const PUBLIC: [&str; 11] = [
    "GET /.well-known/jwks.json",
    "GET /health",
    "GET /metrics",
    "GET /ready",
    "POST /auth/forgot-password",
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/register",
    "POST /auth/reset-password",
    "POST /auth/verify-email",
    "GET /openapi.json",
];

/// A call that the document describes.
pub struct Operation {
    pub method: Method,
    /// With its parameters filled in.
    pub path: String,
    /// As the document names it.
    pub name: String,
    pub is_secured: bool,
    /// What body it takes, if any.
    pub media_type: Option<String>,
}

/// Every operation of all six services.
pub async fn operations(house: &House) -> Vec<Operation> {
    let document: Value =
        reqwest::get(format!("{}/openapi.json", house.url)).await.unwrap().json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else { continue };
            if !operation.is_object() {
                continue;
            }
            let media_types = operation["requestBody"]["content"].as_object();
            operations.push(Operation {
                path: filled(path),
                name: format!("{method} {path}"),
                method,
                is_secured: operation["security"].as_array().is_some_and(|needs| !needs.is_empty()),
                media_type: media_types.and_then(|types| types.keys().next()).cloned(),
            });
        }
    }
    operations
}

/// The path of nobody's thing.
pub fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true => "01999b1e-0000-7000-8000-000000000001",
        false => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn call(house: &House, operation: &Operation, token: Option<&str>) -> Response {
    let mut request =
        house.client.request(operation.method.clone(), format!("{}{}", house.url, operation.path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(media_type) = &operation.media_type {
        request = request.header("content-type", media_type).body("{}");
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_without_a_token_is_401_unless_it_is_on_the_short_public_list() {
    let house = House::open().await;
    let mut secured = 0;
    for operation in operations(&house).await {
        let is_public = PUBLIC.contains(&operation.name.as_str());
        assert_eq!(operation.is_secured, !is_public, "{}: what the document says of it", operation.name);
        if is_public {
            continue;
        }
        secured += 1;
        for token in [None, Some("nonsense"), Some("eyJhbGciOiJub25lIn0.e30.")] {
            let answer = call(&house, &operation, token).await;
            assert_eq!(answer.status(), 401, "{} with {token:?}", operation.name);
            let wanted =
                answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
            assert!(wanted.is_some_and(|wanted| wanted.starts_with("Bearer")), "{}", operation.name);
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{}", operation.name);
        }
    }
    assert!(secured > 20, "the walk saw {secured} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_documents_what_all_of_them_document_together() {
    let house = House::open().await;
    let together: BTreeSet<String> =
        operations(&house).await.into_iter().map(|operation| operation.name).collect();
    let mut apart = BTreeSet::new();
    for (service, url) in &house.services {
        let document: Value =
            reqwest::get(format!("{url}/openapi.json")).await.unwrap().json().await.unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            apart.extend(
                methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())),
            );
        }
        let page = reqwest::get(format!("{url}/docs/")).await.unwrap();
        assert_eq!(page.status(), 200, "{service} has its page");
    }
    assert_eq!(together, apart);
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_have_names_of_their_own() {
    let house = House::open().await;
    let document: Value =
        reqwest::get(format!("{}/openapi.json", house.url)).await.unwrap().json().await.unwrap();
    let mut known = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values().filter(|operation| operation.is_object()) {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(known.insert(id.clone()), "{id} is there twice");
        }
    }
}
