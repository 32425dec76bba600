use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use shared::auth::Role;

use crate::stage::{json_of, stage, staged, switched};

#[tokio::test]
async fn a_request_id_is_taken_or_made_and_answered() {
    let stage = stage().await;
    let echoed = stage.request("GET", "/health").header("x-request-id", "abc-123").send().await.unwrap();
    assert_eq!(echoed.headers()["x-request-id"], "abc-123");
    for bad in ["a b", &"x".repeat(129), "<script>"] {
        let made = stage.request("GET", "/health").header("x-request-id", bad).send().await.unwrap();
        let id = made.headers()["x-request-id"].to_str().unwrap();
        assert!(id != bad && id.len() == 32, "{id}");
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let stage = stage().await;
    for path in ["/health", "/nothing", "/fail", "/panic", "/notes", "/openapi.json", "/docs/"] {
        let response = stage.request("GET", path).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert_eq!(policy.contains("script-src"), path == "/docs/", "{path}: {policy}");
        assert!(headers.contains_key("x-request-id"), "{path}");
        assert!(
            !headers.contains_key("strict-transport-security") && !headers.contains_key("server"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let stage = stage().await;
    for path in ["/long", "/health", "/docs/", "/openapi.json"] {
        let get = stage.request("GET", path).send().await.unwrap();
        let head = stage.request("HEAD", path).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers()["content-length"], get.headers()["content-length"], "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn cross_origin_calls_are_for_the_list_only() {
    let stage = stage().await;
    let from = |method: &str, origin: &str| stage.request(method, "/health").header("origin", origin);
    let ours = from("GET", "https://help.example.com").send().await.unwrap();
    assert_eq!(ours.headers()["access-control-allow-origin"], "https://help.example.com");
    assert!(!ours.headers().contains_key("access-control-allow-credentials"));
    for origin in
        ["https://evil.example", "https://help.example.com.evil.example", "null", "http://help.example.com"]
    {
        let theirs = from("GET", origin).send().await.unwrap();
        assert!(!theirs.headers().contains_key("access-control-allow-origin"), "{origin}");
        assert!(theirs.headers().get_all("vary").iter().any(|value| value == "origin"), "{origin}");
    }
    let preflight =
        from("OPTIONS", "https://help.example.com").header("access-control-request-method", "PUT");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), 204);
    assert!(preflight.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
    assert!(preflight.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    let refused = from("OPTIONS", "https://evil.example").header("access-control-request-method", "PUT");
    assert!(!refused.send().await.unwrap().headers().contains_key("access-control-allow-methods"));
}

#[tokio::test]
async fn long_text_is_compressed_and_nothing_else() {
    let stage = stage().await;
    let encoding = |method: &str, path: &str| {
        let request = stage.request(method, path).header("accept-encoding", "gzip");
        async move {
            let response = request.send().await.unwrap();
            assert!(response.status().is_success());
            response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_string())
        }
    };
    assert_eq!(encoding("GET", "/long").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("GET", "/health").await, None);
    assert_eq!(encoding("POST", "/raw?n=7").await, None);
}

#[tokio::test]
async fn forwarded_headers_are_for_configured_proxies() {
    let forwarded = |stage: &crate::stage::Stage| {
        let request = stage.request("GET", "/whoami").header("user-agent", "test");
        request.header("x-forwarded-for", "203.0.113.9").header("x-forwarded-proto", "https")
    };
    let alone = stage().await;
    assert_eq!(json_of(forwarded(&alone)).await, json!({"role": null, "ip": "127.0.0.1", "agent": "test"}));
    assert!(!forwarded(&alone).send().await.unwrap().headers().contains_key("strict-transport-security"));

    let behind =
        staged(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()], |module| module).await;
    assert_eq!(json_of(forwarded(&behind)).await["ip"], "203.0.113.9");
    assert!(forwarded(&behind).send().await.unwrap().headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_public_route_knows_a_caller_and_does_not_mind_a_bad_token() {
    let stage = stage().await;
    let known = stage.request("GET", "/whoami").bearer_auth(stage.token(Role::Agent));
    assert_eq!(json_of(known).await["role"], "agent");
    assert_eq!(json_of(stage.request("GET", "/whoami").bearer_auth("bad")).await["role"], json!(null));
}

#[tokio::test]
async fn readiness_tells_what_is_missing_from_what_is_only_wanted() {
    let (database, bus) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
    let (needed, wanted) = (switched(database.clone(), true), switched(bus.clone(), false));
    let stage = staged(|_| {}, |module| module.check("database", needed).check("events", wanted)).await;
    let state = |stage: &crate::stage::Stage| {
        let request = stage.request("GET", "/ready");
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<serde_json::Value>().await.unwrap())
        }
    };
    let (status, body) = state(&stage).await;
    assert_eq!((status, &body["status"]), (200, &json!("ready")));
    let up = |name| json!({"name": name, "status": "up"});
    let degraded = json!({"name": "events", "status": "degraded", "detail": "switched off"});
    assert_eq!(body["checks"], json!([up("tokens"), up("database"), degraded]));

    database.store(false, Ordering::SeqCst);
    let (status, body) = state(&stage).await;
    assert_eq!(
        (status, &body["status"], &body["checks"][1]["status"]),
        (503, &json!("unavailable"), &json!("down"))
    );

    database.store(true, Ordering::SeqCst);
    let gate = stage.process.lifecycle.ready_gate("the feed");
    let (status, body) = state(&stage).await;
    assert_eq!(
        (status, &body["status"], &body["checks"][0]["name"]),
        (503, &json!("starting"), &json!("the feed"))
    );
    gate.open();
    assert_eq!(state(&stage).await.0, 200);
    assert_eq!(json_of(stage.request("GET", "/health")).await["status"], "ok");
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let stage = stage().await;
    // The first look at the metrics begins the counting, where the program did not.
    stage.request("GET", "/metrics").send().await.unwrap();
    for id in ["0199a5d0-0000-7000-8000-00000000000a", "nonsense"] {
        stage.as_user("GET", &format!("/notes/{id}")).send().await.unwrap();
    }
    stage.request("GET", "/wp-login.php").send().await.unwrap();
    let text = stage.request("GET", "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("http_requests_total{"), "{text}");
    assert!(text.contains(r#"route="/notes/{id}""#) && text.contains(r#"route="unmatched""#), "{text}");
    assert!(text.contains("http_request_duration_seconds_bucket"), "{text}");
    assert!(!text.contains("wp-login") && !text.contains("nonsense"), "{text}");
}

#[tokio::test]
async fn the_trace_of_the_caller_goes_on() {
    let config = shared::config::TelemetryConfig {
        service: "notes",
        log_level: "off".into(),
        log_format: shared::config::LogFormat::Json,
        otlp_endpoint: None,
    };
    let _telemetry = shared::telemetry::init(&config).unwrap();
    let stage = stage().await;
    let theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let ours = json_of(stage.request("GET", "/trace").header("traceparent", theirs)).await;
    let ours = ours.as_str().unwrap();
    assert_eq!((&ours[..36], &ours[52..]), (&theirs[..36], "-01"));
    assert_ne!(ours[36..52], theirs[36..52], "it is a span of its own");
    let made = json_of(stage.request("GET", "/trace").header("traceparent", "nonsense")).await;
    assert_ne!(made.as_str().unwrap()[3..35], theirs[3..35]);
}

#[tokio::test]
async fn a_client_that_never_finishes_its_head_is_let_go() {
    let stage = stage().await;
    let address = stage.url.trim_start_matches("http://").to_string();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = tokio::time::timeout(std::time::Duration::from_secs(10), answer).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}
