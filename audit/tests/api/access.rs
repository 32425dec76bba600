use super::House;

const ROUTES: [&str; 11] = [
    "/audit/logs",
    "/audit/logs/01999b1e-0000-7000-8000-000000000001",
    "/audit/events",
    "/audit/events/failed",
    "/audit/archives",
    "/audit/archives/1",
    "/audit/metrics",
    "/audit/reports/activity",
    "/audit/reports/tickets",
    "/audit/reports/sla",
    "/audit/reports/security",
];

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_read_the_trail() {
    let house = House::open().await;
    let (user, agent) = (house.world.user("user@example.com"), house.world.agent("agent@example.com"));
    for path in ROUTES {
        let stranger = reqwest::get(format!("{}{path}", house.url)).await.unwrap();
        assert_eq!(stranger.status(), 401, "{path}");
        for caller in [&user, &agent] {
            assert_eq!(house.ask(caller, path).await.status(), 403, "{path} by {}", caller.email);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_written_through_the_api() {
    let house = House::open().await;
    let client = reqwest::Client::new();
    for path in ROUTES.into_iter().chain(["/audit/export"]) {
        for method in [reqwest::Method::POST, reqwest::Method::PUT, reqwest::Method::DELETE] {
            let request = client.request(method.clone(), format!("{}{path}", house.url));
            let answer = request.bearer_auth(&house.admin.token).send().await.unwrap();
            assert_eq!(answer.status(), 405, "{method} {path}");
            assert!(answer.headers()["allow"].to_str().unwrap().contains("GET"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_query_is_refused_in_words() {
    let house = House::open().await;
    for path in [
        "/audit/logs?userId=me",
        "/audit/logs?action=DROP%20TABLE",
        "/audit/logs?resourceType=",
        "/audit/logs?from=yesterday",
        "/audit/logs?limit=0",
        "/audit/logs?limit=101",
        "/audit/logs?sort=details",
        "/audit/logs?cursor=x",
        "/audit/logs?colour=red",
        "/audit/events?after=-1",
        "/audit/events?after=18446744073709551615",
        "/audit/events?after=1&cursor=1",
        "/audit/events?limit=101",
        "/audit/archives?after=-1",
        "/audit/archives?limit=0",
        "/audit/archives/1?colour=red",
        "/audit/events/failed?resolved=maybe",
        "/audit/events/failed?sort=attempts",
        "/audit/events/failed?cursor=x",
        "/audit/events/failed?limit=0",
        "/audit/events/failed?colour=red",
    ] {
        let answer = house.ask(&house.admin, path).await;
        assert_eq!(answer.status(), 400, "{path}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert!(
            ["bad_query", "bad_cursor"].contains(&problem["code"].as_str().unwrap()),
            "{path}: {problem}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_retry_what_failed() {
    let house = House::open().await;
    let (user, agent) = (house.world.user("user@example.com"), house.world.agent("agent@example.com"));
    let path = "/audit/events/failed/01999b1e-0000-7000-8000-000000000001/retry";
    let retry = |token: Option<&str>| {
        let request = reqwest::Client::new().post(format!("{}{path}", house.url));
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(retry(None).await, 401);
    assert_eq!(retry(Some(&user.token)).await, 403);
    assert_eq!(retry(Some(&agent.token)).await, 403);
    assert_eq!(retry(Some(&house.admin.token)).await, 404);
}
