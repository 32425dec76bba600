use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::testing::World;

use crate::harness::{Site, header, refusal, sample, text_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_an_attachment_that_no_browser_runs() {
    let site = Site::start().await;
    let file = site.upload_text("Bonjour").await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    let answer = site.get(&path).await;
    let headers = answer.headers().clone();
    assert_eq!(header(&headers, "content-type"), "text/plain");
    assert_eq!(header(&headers, "content-length"), "7");
    assert_eq!(
        header(&headers, "content-disposition"),
        "attachment; filename=\"note.txt\"; filename*=UTF-8''note.txt"
    );
    assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    assert!(header(&headers, "content-security-policy").starts_with("sandbox"));
    assert_eq!(header(&headers, "etag"), format!("\"{}\"", file["fileHash"].as_str().unwrap()));
    assert_eq!(header(&headers, "accept-ranges"), "bytes");
    assert_eq!(answer.text().await.unwrap(), "Bonjour");

    let head = site.call(Method::HEAD, &path, &site.alice).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(header(head.headers(), "content-length"), "7");
    assert_eq!(header(head.headers(), "etag"), header(&headers, "etag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_range_is_served_and_nothing_is_compressed_on_the_way() {
    let site = Site::start().await;
    let bytes = text_of(100_000);
    let file = site.upload("a.txt", "text/plain", bytes.clone()).await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=99990-", 99_990, 99_999),
        ("bytes=-5", 99_995, 99_999),
        ("bytes=50000-999999", 50_000, 99_999),
    ] {
        let headers = [("range", range), ("accept-encoding", "gzip")];
        let answer = site.call_with(Method::GET, &path, &site.alice, &headers).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(header(answer.headers(), "content-range"), format!("bytes {first}-{last}/100000"));
        assert_eq!(answer.headers().get("content-encoding"), None);
        assert_eq!(answer.bytes().await.unwrap(), bytes[first..=last], "{range}");
    }
    for range in ["bytes=100000-", "bytes=-0"] {
        let answer = site.call_with(Method::GET, &path, &site.alice, &[("range", range)]).await;
        assert_eq!(header(answer.headers(), "content-range"), "bytes */100000");
        assert_eq!(refusal(answer).await, (416, "range_not_satisfiable".to_owned()));
    }
    for range in ["bytes=0-1,5-6", "lines=1-2", "nonsense"] {
        let headers = [("range", range), ("accept-encoding", "gzip")];
        let answer = site.call_with(Method::GET, &path, &site.alice, &headers).await;
        assert_eq!(
            (answer.status(), answer.headers().get("content-encoding")),
            (StatusCode::OK, None),
            "{range}"
        );
        assert_eq!(answer.bytes().await.unwrap(), bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_file_already_is_told_so() {
    let site = Site::start().await;
    let file = site.upload_text("Bonjour").await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    let etag = format!("\"{}\"", file["fileHash"].as_str().unwrap());
    let get = |headers: Vec<(&'static str, String)>| {
        let (site, path) = (&site, &path);
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            site.call_with(Method::GET, path, &site.alice, &headers).await
        }
    };
    let known = get(vec![("if-none-match", etag.clone())]).await;
    assert_eq!((known.status(), header(known.headers(), "etag")), (StatusCode::NOT_MODIFIED, etag.as_str()));
    assert_eq!(known.bytes().await.unwrap().len(), 0);
    assert_eq!(get(vec![("if-none-match", "\"other\"".into())]).await.status(), StatusCode::OK);
    let range = ("range", "bytes=0-3".to_owned());
    assert_eq!(get(vec![range.clone(), ("if-range", etag)]).await.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(get(vec![range, ("if-range", "\"other\"".into())]).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_noted_and_a_refusal_is_not() {
    let site = Site::start().await;
    let file = site.upload_text("Bonjour").await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    site.get(&path).await.bytes().await.unwrap();
    let stranger = site.world.user("mallory@example.com");
    assert_eq!(site.call(Method::GET, &path, &stranger).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.count("file_access_logs").await, 1);
}

/// What was told of downloads so far: the file, by whom, by which way.
async fn told(site: &Site) -> Vec<(String, String, String)> {
    let events = site.world.emitted("files").await;
    let downloads = events.iter().filter(|event| event.event_type == "file.downloaded");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    downloads
        .map(|event| {
            let data: Value = serde_json::from_str(event.data.get()).unwrap();
            assert_eq!(data["downloadedBy"], serde_json::json!(event.user_id));
            (text(&data["fileId"]), text(&data["downloadedBy"]), text(&data["via"]))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_download_is_told_of_once_whether_by_the_bytes_or_by_a_link() {
    let site = Site::start().await;
    let bob = site.sees(site.world.user("bob@example.com"));
    let file = site.upload_text("Bonjour").await;
    let id = file["id"].as_str().unwrap().to_owned();
    site.get(&format!("/files/{id}/download")).await.bytes().await.unwrap();
    site.get(&format!("/files/{id}/download")).await.bytes().await.unwrap();
    site.call(Method::GET, &format!("/files/{id}/url"), &bob).await;
    let (alice, bob) = (site.alice.id.to_string(), bob.id.to_string());
    let expected = [(&alice, "direct"), (&alice, "direct"), (&bob, "link")];
    assert_eq!(
        told(&site).await,
        expected.map(|(by, via)| (id.clone(), by.clone(), via.to_owned())).to_vec()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_download_are_told_of_as_one_and_thumbnails_not_at_all() {
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    let site = Site::with(world, &[]).await;
    let file = site.upload("a.png", "image/png", sample("png")).await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    let part = async |range: &str| {
        let answer = site.call_with(Method::GET, &path, &site.alice, &[("range", range)]).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        answer.bytes().await.unwrap();
    };
    for range in ["bytes=0-9", "bytes=10-19", "bytes=20-"] {
        part(range).await;
    }
    site.get(&format!("{path}?size=64")).await.bytes().await.unwrap();
    assert_eq!(told(&site).await.len(), 1);
    assert_eq!(site.count("file_access_logs").await, 4, "the log of accesses has each of them");
    // Leaving out the first byte is no way past it.
    site.world.clock().advance(chrono::Duration::hours(1));
    part("bytes=1-").await;
    assert_eq!(told(&site).await.len(), 2);
    part("bytes=2-").await;
    assert_eq!(told(&site).await.len(), 2);
}
