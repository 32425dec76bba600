//! Pictures of people: who may, what is taken, how it is given back.

use insta::assert_json_snapshot;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::testing::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bucket::TestBucket;
use crate::harness::{Site, header, picture_of, refusal, sample};
use crate::samples::{archive, sized};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_set_by_its_owner_and_shown_to_everybody_who_has_signed_in() {
    let site = Site::start().await;
    let answer = site.put_avatar(&site.alice, site.alice.id, "image/png", sample("png")).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(header(answer.headers(), "location"), site.avatar_path());
    let avatar: Value = answer.json().await.unwrap();
    let url = avatar["url"].as_str().unwrap();
    assert_eq!(
        url,
        format!("{}?v={}", site.avatar_path(), &avatar["fileHash"].as_str().unwrap()[..16]),
        "a new picture has a new address"
    );
    assert_json_snapshot!(avatar, {".url" => "[url]", ".userId" => "[alice]"}, @r#"
    {
      "fileHash": "eaa4a94ea300e0d2c775968cbe42f0b5b51ceafdeb73d64e9efddf6d4e880865",
      "fileSize": 67,
      "mimeType": "image/png",
      "url": "[url]",
      "userId": "[alice]"
    }
    "#);
    assert_eq!(avatar["userId"], site.alice.id.to_string());

    let stranger = site.world.user("mallory@example.com");
    for path in [url, &site.avatar_path()] {
        let shown = site.call(Method::GET, path, &stranger).await;
        assert_eq!(shown.status(), StatusCode::OK);
        let headers = shown.headers();
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-length", "67"),
            ("content-disposition", "attachment; filename=\"avatar.png\""),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("cache-control", "private, no-cache"),
            ("etag", &format!("\"{}\"", avatar["fileHash"].as_str().unwrap())),
        ] {
            assert_eq!(header(headers, name), value);
        }
        assert_eq!(shown.bytes().await.unwrap(), sample("png"));
    }
    let head = site.call(Method::HEAD, url, &stranger).await;
    assert_eq!((head.status(), header(head.headers(), "content-length")), (StatusCode::OK, "67"));
    assert_eq!(site.event_types().await, Vec::<String>::new(), "users tells of it, not files");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_changed_by_its_owner_and_administrators_and_for_others_is_not_there() {
    let site = Site::start().await;
    let alice = site.alice.id;
    site.hang(sample("png")).await;
    let bob = site.world.user("bob@example.com");
    let agent = site.world.agent("agent@example.com");
    let admin = site.world.admin("admin@example.com");
    for stranger in [&bob, &agent] {
        let put = site.put_avatar(stranger, alice, "image/gif", sample("gif")).await;
        assert_eq!(refusal(put).await, (404, "not_found".to_owned()));
        let delete = site.call(Method::DELETE, &site.avatar_path(), stranger).await;
        assert_eq!(refusal(delete).await, (404, "not_found".to_owned()));
        // Neither does one that has none tell anything else.
        let none = site.put_avatar(stranger, admin.id, "image/gif", sample("gif")).await;
        assert_eq!(none.status(), StatusCode::NOT_FOUND);
    }
    let shown = site.get(&site.avatar_path()).await;
    assert_eq!(header(shown.headers(), "content-type"), "image/png");

    for (caller, of, status) in
        [(&admin, alice, 200), (&admin, bob.id, 201), (&agent, agent.id, 201), (&bob, bob.id, 200)]
    {
        let put = site.put_avatar(caller, of, "image/jpeg", sized("jpg", 1 + status, 1)).await;
        assert_eq!(put.status(), status);
        assert_eq!(put.json::<Value>().await.unwrap()["userId"], of.to_string());
    }
    assert_eq!(site.call(Method::DELETE, &site.avatar_path(), &admin).await.status(), 204);
    assert_eq!(site.call(Method::DELETE, &format!("/files/avatars/{}", bob.id), &bob).await.status(), 204);
    assert_eq!(site.count("avatars").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_pictures_goes_without_a_token_or_with_what_is_not_known() {
    let site = Site::start().await;
    site.hang(sample("png")).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let path = format!("{}{}", site.url, site.avatar_path());
        let bare = site.http.request(method.clone(), &path).header("content-type", "image/png");
        assert_eq!(bare.body(sample("png")).send().await.unwrap().status(), 401, "{method}");
        let forged = site.http.request(method.clone(), &path).bearer_auth("nonsense");
        assert_eq!(forged.header("x-user-id", site.alice.id.to_string()).send().await.unwrap().status(), 401);
        let odd = site.call(method.clone(), &format!("{}?size=9", site.avatar_path()), &site.alice).await;
        assert_eq!(refusal(odd).await, (400, "bad_query".to_owned()), "{method}");
        for nothing in ["nonsense", "%00"] {
            let lost = site.call(method.clone(), &format!("/files/avatars/{nothing}"), &site.alice).await;
            assert_eq!(lost.status(), StatusCode::NOT_FOUND, "{method} {nothing}");
        }
    }
    let none = site.get(&format!("/files/avatars/{NOBODY}")).await;
    assert_eq!(refusal(none).await, (404, "not_found".to_owned()));
    let wrong = site.call(Method::POST, &site.avatar_path(), &site.alice).await;
    assert_eq!((wrong.status().as_u16(), header(wrong.headers(), "allow")), (405, "DELETE, GET, HEAD, PUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_jpeg_a_png_or_a_gif_that_is_one_is_taken() {
    let site = Site::start().await;
    let put = |mime: &'static str, bytes: Vec<u8>| site.put_avatar(&site.alice, site.alice.id, mime, bytes);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec();
    for (mime, bytes) in [
        ("image/svg+xml", svg.clone()),
        ("image/png", svg),
        ("image/webp", b"RIFF\x1a\0\0\0WEBPVP8L".to_vec()),
        ("application/octet-stream", sample("png")),
        ("application/pdf", sample("pdf")),
        ("text/plain", sample("txt")),
        ("text/html", b"<html>".to_vec()),
        ("image/png, image/png", sample("png")),
        ("", sample("png")),
        ("image/png", sample("gif")),
        ("image/jpeg", sample("png")),
        ("image/gif", sample("jpg")),
        ("image/png", sample("pdf")),
        ("image/png", sample("png")[..40].to_vec()),
        ("image/gif", b"GIF89a<script>alert(1)</script>".to_vec()),
        ("image/gif", b"GIF89a/*\x00*/=1;alert(1)//".to_vec()),
        ("image/gif", [&sample("gif")[..], b"<script>alert(1)</script>"].concat()),
        ("image/png", [&sample("png")[..], b"<?php system($_GET['c']);"].concat()),
        ("image/png", [sample("png"), archive(&["Main.class"])].concat()),
        ("image/gif", [sample("gif"), archive(&["Main.class"])].concat()),
        ("image/jpeg", [sample("jpg"), archive(&["META-INF/MANIFEST.MF", "Main.class"])].concat()),
        ("image/jpeg", b"\xFF\xD8\xFF\xE0<?php system($_GET['c']); ?>".to_vec()),
    ] {
        let what = format!("{mime}: {}", bytes.escape_ascii());
        assert_eq!(
            refusal(put(mime, bytes).await).await,
            (415, "file_type_not_allowed".to_owned()),
            "{what}"
        );
    }
    let untyped = site.http.put(format!("{}{}", site.url, site.avatar_path())).bearer_auth(&site.alice.token);
    let untyped = untyped.body(sample("png")).send().await.unwrap();
    assert_eq!(refusal(untyped).await, (415, "file_type_not_allowed".to_owned()));
    let packed = site.http.put(format!("{}{}", site.url, site.avatar_path())).bearer_auth(&site.alice.token);
    let packed = packed.header("content-type", "image/png").header("content-encoding", "gzip");
    let packed = packed.body(sample("png")).send().await.unwrap();
    assert_eq!(refusal(packed).await, (415, "unsupported_encoding".to_owned()));
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (0, 0));

    for (mime, extension) in
        [("image/jpeg", "jpg"), ("image/png", "png"), ("IMAGE/GIF; name=\"a.gif\"", "gif")]
    {
        assert!(put(mime, sample(extension)).await.status().is_success(), "{mime}");
        let shown = site.get(&site.avatar_path()).await;
        let named = format!("attachment; filename=\"avatar.{extension}\"");
        assert_eq!(header(shown.headers(), "content-disposition"), named);
        assert_eq!(shown.bytes().await.unwrap(), sample(extension));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_has_at_most_two_mebibytes_however_it_is_sent() {
    let site = Site::start().await;
    let limit = 2 * 1024 * 1024;
    let put = |bytes: reqwest::Body| site.put_avatar(&site.alice, site.alice.id, "image/png", bytes);
    let streamed = |size: usize| {
        let chunks: Vec<_> =
            picture_of(size).chunks(50_000).map(|it| Ok::<_, std::io::Error>(it.to_vec())).collect();
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    for body in [picture_of(limit + 1).into(), streamed(limit + 1), picture_of(2 * limit).into()] {
        let answer = put(body).await;
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((&problem["status"], &problem["code"]), (&413.into(), &"file_too_large".into()));
        assert_eq!(problem["detail"], "a file has at most 2 MiB");
    }
    let empty = put(reqwest::Body::from("")).await.json::<Value>().await.unwrap();
    assert_eq!((&empty["status"], &empty["errors"][0]["field"]), (&422.into(), &"file".into()));
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (0, 0));
    assert_eq!(put(streamed(limit)).await.status(), StatusCode::CREATED);
    assert_eq!(put(picture_of(limit - 1).into()).await.status(), StatusCode::OK);
    assert_eq!(site.get(&site.avatar_path()).await.bytes().await.unwrap(), picture_of(limit - 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_picture_may_be_set_to_another_size() {
    let site = Site::with(World::start().await, &[("MAX_AVATAR_SIZE", "100")]).await;
    let put = |size| site.put_avatar(&site.alice, site.alice.id, "image/png", picture_of(size));
    assert_eq!(refusal(put(101).await).await, (413, "file_too_large".to_owned()));
    assert_eq!(put(100).await.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_has_at_most_4096_pixels_a_side() {
    let site = Site::start().await;
    for (extension, mime) in [("jpg", "image/jpeg"), ("png", "image/png"), ("gif", "image/gif")] {
        // A GIF's screen may be nothing where its pictures are something.
        let nothing = if extension == "gif" { &[][..] } else { &[(0, 1), (1, 0)] };
        for &(width, height) in [(4097, 1), (1, 4097), (65_535, 65_535)].iter().chain(nothing) {
            let bytes = sized(extension, width, height);
            let problem: Value =
                site.put_avatar(&site.alice, site.alice.id, mime, bytes).await.json().await.unwrap();
            assert_eq!(problem["status"], 422, "{extension} {width} × {height}");
            let error = &problem["errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&"file".into(), &"too_many_pixels".into()));
        }
        let largest = site.put_avatar(&site.alice, site.alice.id, mime, sized(extension, 4096, 4096)).await;
        assert!(largest.status().is_success(), "{extension}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_picture_already_is_told_so_until_it_is_another() {
    let site = Site::start().await;
    let first = site.hang(sample("png")).await;
    let etag = format!("\"{}\"", first["fileHash"].as_str().unwrap());
    let known = [("if-none-match", etag.as_str())];
    let same = site.call_with(Method::GET, &site.avatar_path(), &site.alice, &known).await;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(
        (header(same.headers(), "etag"), header(same.headers(), "cache-control")),
        (&*etag, "private, no-cache")
    );
    assert_eq!(same.bytes().await.unwrap().len(), 0);

    let second = site.hang(picture_of(200)).await;
    assert_ne!(first["url"], second["url"]);
    let other = site.call_with(Method::GET, &site.avatar_path(), &site.alice, &known).await;
    assert_eq!(other.status(), StatusCode::OK);
    assert_eq!(other.bytes().await.unwrap(), picture_of(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_picture_again_changes_nothing() {
    let bucket = TestBucket::start().await;
    let site = Site::over(&bucket).await;
    let first = site.hang(sample("png")).await;
    let (objects, row) = (bucket.pictures().await, "SELECT created_at FROM avatars");
    let since: chrono::DateTime<chrono::Utc> = site.rows(row).await[0].try_get_by_index(0).unwrap();
    let again = site.put_avatar(&site.alice, site.alice.id, "image/png", sample("png")).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (1, 0));
    assert_eq!(bucket.pictures().await, objects);
    assert_eq!(site.rows(row).await[0].try_get_by_index::<chrono::DateTime<chrono::Utc>>(0).unwrap(), since);
    assert_eq!(bucket.keys().await, Vec::<String>::new(), "pictures lie in a bucket of their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dawdles_with_its_picture_is_sent_away_and_one_that_leaves_leaves_nothing() {
    let world = World::start().await;
    let site = Site::with(world, &[("UPLOAD_GRACE", "200ms"), ("UPLOAD_SLOTS", "1")]).await;
    let begin = || async {
        let mut socket = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
        let head = format!(
            "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 5000\r\n\
             content-type: image/png\r\n\r\n\u{89}PNG",
            site.avatar_path(),
            site.alice.token
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket
    };
    let mut answer = [0; 12];
    begin().await.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    drop(begin().await);
    let put =
        || async { site.put_avatar(&site.alice, site.alice.id, "image/png", sample("png")).await.status() };
    site.world.until("the only place is free again", || async { put().await.is_success() }).await;
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (1, 0));
}
