//! Links past the service, and who read what.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::testing::World;

use crate::harness::{Site, header, refusal, sample};

async fn link(site: &Site, id: &str) -> Value {
    let answer = site.get(&format!("/files/{id}/url")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_the_bytes_without_a_token_and_to_nothing_else() {
    let site = Site::start().await;
    let file = site.upload("été 1.txt", "text/plain", "Bonjour").await;
    let other = site.upload_text("not linked").await;
    let [id, other] = [&file, &other].map(|file| file["id"].as_str().unwrap());
    let link = link(&site, id).await;
    let left = chrono::DateTime::parse_from_rfc3339(link["expiresAt"].as_str().unwrap()).unwrap().to_utc()
        - site.world.clock().now();
    assert!((295..=300).contains(&left.num_seconds()), "{left}");
    let url = link["url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Expires=300"), "{url}");

    let answer = site.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    if std::env::var("TEST_S3_URL").is_ok() {
        assert_eq!(
            header(answer.headers(), "content-disposition"),
            "attachment; filename=\"_t_ 1.txt\"; filename*=UTF-8''%C3%A9t%C3%A9%201.txt"
        );
        assert_eq!(header(answer.headers(), "content-type"), "text/plain");
    }
    assert_eq!(answer.text().await.unwrap(), "Bonjour");

    let elsewhere = site.http.get(url.replace(id, other)).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    let longer = site.http.get(url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")).send().await.unwrap();
    assert_eq!(longer.status(), StatusCode::FORBIDDEN);
    let written = site.http.put(url).body("other bytes").send().await.unwrap();
    assert_eq!(written.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.get(&format!("/files/{id}/download")).await.text().await.unwrap(), "Bonjour");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_sees_the_ticket_gets_a_link_and_a_deleted_file_has_none() {
    let site = Site::start().await;
    let file = site.upload_text("secret").await;
    let path = format!("/files/{}/url", file["id"].as_str().unwrap());
    let stranger = site.world.agent("mallory@example.com");
    assert_eq!(refusal(site.call(Method::GET, &path, &stranger).await).await, (404, "not_found".to_owned()));
    let bare = site.http.get(format!("{}{path}", site.url)).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let odd = site.get(&format!("{path}?expires=9999999")).await;
    assert_eq!(refusal(odd).await, (400, "bad_query".to_owned()));
    site.call(Method::DELETE, path.trim_end_matches("/url"), &site.alice).await;
    assert_eq!(site.get(&path).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_names_the_server_as_clients_find_it() {
    let public = [("S3_PUBLIC_ENDPOINT", "https://files.example.com")];
    let site = Site::with(World::start().await, &public).await;
    let id = site.upload_text("here").await["id"].as_str().unwrap().to_owned();
    let url = link(&site, &id).await["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://files.example.com/"), "{url}");
    assert_eq!(site.get(&format!("/files/{id}/download")).await.text().await.unwrap(), "here");
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_who_read_a_file_and_how_a_page_at_a_time() {
    let site = Site::with(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await, &[]).await;
    let admin = site.sees(site.world.admin("admin@example.com"));
    let file = site.upload("a.png", "image/png", sample("png")).await;
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    for way in ["/download", "/url", "/download?size=64"] {
        site.world.clock().advance(chrono::Duration::minutes(1));
        let agent = [("user-agent", "Firefox")];
        let answer = site.call_with(Method::GET, &format!("{path}{way}"), &site.alice, &agent).await;
        answer.bytes().await.unwrap();
    }
    let logs = format!("{path}/access-logs");
    let all: Value = site.call(Method::GET, &logs, &admin).await.json().await.unwrap();
    insta::assert_json_snapshot!(all["items"], {
        "[].id" => "[id]", "[].fileId" => "[file]", "[].userId" => "[alice]",
    }, @r#"
    [
      {
        "action": "thumbnail",
        "createdAt": "2026-03-01T08:03:00Z",
        "fileId": "[file]",
        "id": "[id]",
        "ipAddress": "127.0.0.1",
        "userAgent": "Firefox",
        "userId": "[alice]"
      },
      {
        "action": "url",
        "createdAt": "2026-03-01T08:02:00Z",
        "fileId": "[file]",
        "id": "[id]",
        "ipAddress": "127.0.0.1",
        "userAgent": "Firefox",
        "userId": "[alice]"
      },
      {
        "action": "download",
        "createdAt": "2026-03-01T08:01:00Z",
        "fileId": "[file]",
        "id": "[id]",
        "ipAddress": "127.0.0.1",
        "userAgent": "Firefox",
        "userId": "[alice]"
      }
    ]
    "#);
    assert_eq!(all["items"][0]["userId"], site.alice.id.to_string());

    let mut seen = Vec::new();
    let mut page = format!("{logs}?limit=1&sort=createdAt");
    loop {
        let answer: Value = site.call(Method::GET, &page, &admin).await.json().await.unwrap();
        seen.extend(answer["items"].as_array().unwrap().iter().map(|line| line["action"].clone()));
        let Some(cursor) = answer["nextCursor"].as_str() else { break };
        page = format!("{logs}?limit=1&sort=createdAt&cursor={cursor}");
    }
    assert_eq!(seen, ["download", "url", "thumbnail"]);

    for other in [&site.alice, &site.sees(site.world.agent("agent@example.com"))] {
        let answer = site.call(Method::GET, &logs, other).await;
        assert_eq!(refusal(answer).await, (403, "forbidden".to_owned()));
    }
    for query in ["?sort=userId", "?limit=0", "?userId=1", "?cursor=nonsense"] {
        assert_eq!(site.call(Method::GET, &format!("{logs}{query}"), &admin).await.status(), 400, "{query}");
    }
    // Who read it is of interest above all once it is gone.
    site.call(Method::DELETE, &path, &site.alice).await;
    let after: Value = site.call(Method::GET, &logs, &admin).await.json().await.unwrap();
    assert_eq!(after, all);
    let nobodys = "/files/01890a5d-ac96-774b-bcce-b302099a8057/access-logs";
    assert_eq!(site.call(Method::GET, nobodys, &admin).await.status(), StatusCode::NOT_FOUND);
}
