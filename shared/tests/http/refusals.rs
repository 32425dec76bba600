use serde_json::json;
use shared::auth::Role;

use crate::stage::{refusal, refused, stage};

const SOME_ID: &str = "0199a5d0-0000-7000-8000-000000000000";

fn answer(status: u16, code: &str) -> (u16, String) {
    (status, code.to_string())
}

#[tokio::test]
async fn without_a_good_token_it_is_401_with_a_challenge() {
    let stage = stage().await;
    assert_eq!(refused(stage.request("GET", "/notes")).await, answer(401, "missing_token"));
    let basic = stage.request("GET", "/notes").basic_auth("a", Some("b"));
    assert_eq!(refused(basic).await, answer(401, "missing_token"));
    let nonsense = stage.request("GET", "/notes").bearer_auth("nonsense");
    assert_eq!(refused(nonsense).await, answer(401, "invalid_token"));
    let response = stage.request("GET", "/notes").bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], r#"Bearer error="invalid_token""#);

    let token = stage.token(Role::User);
    stage.process.revocations.revoke(stage.session, stage.process.clock.now() + chrono::Duration::hours(1));
    let revoked = stage.request("GET", "/notes").bearer_auth(&token);
    assert_eq!(refused(revoked).await, answer(401, "token_revoked"));
    stage.process.clock.advance(chrono::Duration::hours(2));
    let expired = stage.request("GET", "/notes").bearer_auth(&token);
    assert_eq!(refused(expired).await, answer(401, "token_expired"));
}

#[tokio::test]
async fn a_stranger_with_a_bad_body_is_a_stranger_first() {
    let stage = stage().await;
    let request = stage.request("POST", "/notes").header("content-type", "application/json").body("{");
    assert_eq!(refused(request).await, answer(401, "missing_token"));
}

#[tokio::test]
async fn a_role_too_low_is_403() {
    let stage = stage().await;
    for role in [Role::User, Role::Agent] {
        let request = stage.request("GET", "/admin/notes").bearer_auth(stage.token(role));
        assert_eq!(refused(request).await, answer(403, "forbidden"));
    }
    let admin = stage.request("GET", "/admin/notes").bearer_auth(stage.token(Role::Admin));
    assert_eq!(admin.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn identity_headers_mean_nothing() {
    let stage = stage().await;
    let request = stage.request("GET", "/admin/notes").header("x-user-id", SOME_ID).header("x-role", "admin");
    assert_eq!(refused(request).await, answer(401, "missing_token"));
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_404_and_an_unreadable_id_too() {
    let stage = stage().await;
    let paths =
        ["/", "/nothing", "/notes/", "/notes/1", "/notes/%00", "/notes/../notes/x", "//notes", "/notes/%zz"];
    for path in paths {
        assert_eq!(refused(stage.as_user("GET", path)).await, answer(404, "not_found"), "{path}");
    }
    // Whoever asks: a path is no secret, but what lies behind it says nothing without a token.
    assert_eq!(refused(stage.request("GET", "/nothing")).await, answer(404, "not_found"));
}

#[tokio::test]
async fn a_wrong_method_is_405_and_told_the_right_ones() {
    let stage = stage().await;
    let cases = [
        ("PATCH", "/notes", "GET, HEAD, POST"),
        ("DELETE", "/notes", "GET, HEAD, POST"),
        ("OPTIONS", "/notes", "GET, HEAD, POST"),
        ("TRACE", "/notes", "GET, HEAD, POST"),
        ("BREW", "/notes", "GET, HEAD, POST"),
        ("POST", &format!("/notes/{SOME_ID}"), "DELETE, GET, HEAD, PUT"),
        ("HEAD", "/end", "POST"),
        ("GET", "/end", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
        ("PUT", "/docs/index.html", "GET, HEAD"),
    ];
    for (method, path, allow) in cases {
        let response = stage.request(method, path).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        assert_eq!(response.headers()["allow"], allow, "{method} {path}");
    }
    assert_eq!(refused(stage.request("PATCH", "/notes")).await, answer(405, "method_not_allowed"));
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_400() {
    let stage = stage().await;
    for body in ["", "{", "{\"title\":\"a\"} {}", "{\"title\":\"a\",}"] {
        assert_eq!(refused(stage.note(body)).await, answer(400, "malformed_json"), "{body}");
    }
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(40), "]".repeat(40));
    assert_eq!(refused(stage.note(deep)).await, answer(400, "malformed_json"));
    assert_eq!(refused(stage.note(r#"{"title":"a","title":"b"}"#)).await, answer(400, "duplicate_field"));
    let (status, problem) = refusal(stage.note(r#"{"title":"a","isAdmin":true}"#)).await;
    assert_eq!((status, problem.code.as_str()), (400, "unknown_field"));
    assert_eq!(problem.errors[0].field, "isAdmin");
    let no_body = stage.as_user("POST", "/notes");
    assert_eq!(refused(no_body).await, answer(400, "malformed_json"));
}

#[tokio::test]
async fn values_that_are_wrong_are_422_all_at_once() {
    let stage = stage().await;
    let (status, problem) = refusal(stage.note(r#"{"title":"much too long","lineCount":200}"#)).await;
    let fields: Vec<_> = problem.errors.iter().map(|e| (e.field.as_str(), e.code.as_ref())).collect();
    assert_eq!(status, 422);
    assert_eq!(fields, [("title", "too_long"), ("lineCount", "too_many")]);
    for (body, field, code) in [
        ("{}", "title", "required"),
        (r#"{"title":5}"#, "title", "invalid_type"),
        (r#"{"title":"a","lineCount":-1}"#, "lineCount", "invalid_value"),
        (r#"{"title":"a\u0000"}"#, "title", "invalid_character"),
        ("[]", "", "invalid_type"),
    ] {
        let (status, problem) = refusal(stage.note(body)).await;
        let first = &problem.errors[0];
        assert_eq!((status, first.field.as_str(), first.code.as_ref()), (422, field, code), "{body}");
    }
}

#[tokio::test]
async fn a_body_must_be_json_of_bounded_size_and_not_compressed() {
    let stage = stage().await;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
    {
        let request = stage.as_user("POST", "/notes").header("content-type", kind).body("{\"title\":\"a\"}");
        assert_eq!(refused(request).await, answer(415, "unsupported_media_type"), "{kind}");
    }
    let untyped = stage.as_user("POST", "/notes").body("{\"title\":\"a\"}");
    assert_eq!(refused(untyped).await, answer(415, "unsupported_media_type"));
    let charset = stage.as_user("POST", "/notes").header("content-type", "application/json; charset=utf-8");
    assert_eq!(charset.body("{\"title\":\"a\"}").send().await.unwrap().status(), 201);

    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(shared::http::MAX_BODY));
    assert_eq!(refused(stage.note(large.clone())).await, answer(413, "body_too_large"));
    // Without a length, chunk by chunk.
    let chunks = futures_util::stream::iter(
        large
            .into_bytes()
            .chunks(16 * 1024)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let chunked = stage.note(reqwest::Body::wrap_stream(chunks));
    assert_eq!(refused(chunked).await, answer(413, "body_too_large"));

    let compressed = stage.note("\u{1f}").header("content-encoding", "gzip");
    assert_eq!(refused(compressed).await, answer(415, "unsupported_encoding"));
}

#[tokio::test]
async fn a_body_may_be_left_out_where_it_says_so() {
    let stage = stage().await;
    let had = |body: Option<&'static str>| {
        let request = stage.request("POST", "/end");
        match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request,
        }
    };
    assert_eq!(crate::stage::json_of(had(None)).await, json!({"had": false}));
    assert_eq!(crate::stage::json_of(had(Some(r#"{"title":"a"}"#))).await, json!({"had": true}));
    assert_eq!(refused(had(Some("{"))).await, answer(400, "malformed_json"));
}

#[tokio::test]
async fn a_bad_query_is_400_and_names_the_parameter() {
    let stage = stage().await;
    let cases = [
        ("limit=0", "bad_query", "limit"),
        ("limit=101", "bad_query", "limit"),
        ("limit=x", "bad_query", "limit"),
        ("limit=1&limit=2", "bad_query", "limit"),
        ("sort=password", "bad_query", "sort"),
        ("nope=1", "bad_query", "nope"),
        ("cursor=zzz", "bad_cursor", "cursor"),
        ("cursor=%00", "bad_query", "cursor"),
    ];
    for (query, code, field) in cases {
        let (status, problem) = refusal(stage.as_user("GET", &format!("/notes?{query}"))).await;
        assert_eq!((status, problem.code.as_str()), (400, code), "{query}");
        assert_eq!(problem.errors[0].field, field, "{query}");
    }
}

#[tokio::test]
async fn an_if_match_that_fails_is_412() {
    let stage = stage().await;
    let path = format!("/notes/{SOME_ID}");
    let put = |tag: &str| stage.as_user("PUT", &path).header("if-match", tag);
    assert_eq!(refused(put("\"2\"")).await, answer(412, "precondition_failed"));
    assert_eq!(refused(put("3")).await, answer(400, "bad_header"));
    let response = put("\"3\"").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["etag"].to_str().unwrap()), (200, "\"4\""));
}

#[tokio::test]
async fn what_goes_wrong_inside_is_500_without_the_reason() {
    let stage = stage().await;
    for path in ["/fail", "/panic"] {
        let response = stage.request("GET", path).send().await.unwrap();
        assert_eq!(response.status(), 500, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let text = response.text().await.unwrap();
        assert!(
            text.contains("\"internal\"") && !text.contains("hunter2") && !text.contains("purpose"),
            "{text}"
        );
    }
    // The worker lives on.
    assert_eq!(stage.request("GET", "/health").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_frameworks_own_refusals_are_problems_too() {
    let stage = stage().await;
    assert_eq!(refused(stage.request("POST", "/raw?n=x")).await, answer(400, "bad_request"));
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let stage = stage().await;
    let request = stage.request("POST", "/notes").header("content-type", "application/json");
    assert_eq!(refused(request.body(vec![b'x'; 20 * 1024 * 1024])).await, answer(401, "missing_token"));
    assert_eq!(refused(stage.note(vec![b'x'; 20 * 1024 * 1024])).await, answer(413, "body_too_large"));
}

#[tokio::test]
async fn whatever_a_client_sends_is_never_5xx() {
    let stage = stage().await;
    let values = [
        "",
        "*",
        "\"",
        "identity;q=0",
        "gzip;q=0, *;q=0",
        "br",
        "W/",
        "-1",
        "9".repeat(40).as_str(),
        "a=b; c",
    ]
    .map(str::to_string);
    let names = [
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "content-type",
        "content-encoding",
        "cookie",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "origin",
        "range",
        "traceparent",
        "tracestate",
        "x-deadline-ms",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-request-id",
        "user-agent",
        "forwarded",
    ];
    for name in names {
        for value in &values {
            for (method, path) in
                [("GET", "/long"), ("POST", "/notes"), ("PUT", "/notes/0199"), ("OPTIONS", "/")]
            {
                let response =
                    stage.as_user(method, path).header(name, value).body("{").send().await.unwrap();
                assert!(
                    response.status().as_u16() < 500,
                    "{method} {path} {name}: {value}: {}",
                    response.status()
                );
            }
        }
    }
}
