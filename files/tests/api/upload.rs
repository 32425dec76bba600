use reqwest::multipart::Form;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Site, header, part, refusal, sample, text_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_up_and_comes_down_as_it_was() {
    let site = Site::start().await;
    let bytes = text_of(300_000);
    let answer = site.post(site.form("journal d'été.txt", "text/plain", bytes.clone())).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = header(answer.headers(), "location").to_owned();
    let file: Value = answer.json().await.unwrap();
    assert_eq!(location, format!("/files/{}", file["id"].as_str().unwrap()));
    insta::assert_json_snapshot!(file, {
        ".id" => "[id]", ".ticketId" => "[ticket]", ".uploadedBy" => "[alice]", ".createdAt" => "[time]",
    }, @r#"
    {
      "createdAt": "[time]",
      "fileHash": "943da0de948082054682eed29187eef6cece417b9daea29737fbbec88de99e05",
      "fileSize": 300000,
      "id": "[id]",
      "mimeType": "text/plain",
      "originalName": "journal d'été.txt",
      "ticketId": "[ticket]",
      "uploadedBy": "[alice]",
      "virusScanned": false,
      "virusStatus": null
    }
    "#);
    assert_eq!(file["ticketId"], site.ticket.to_string());
    assert_eq!(file["uploadedBy"], site.alice.id.to_string());
    let again: Value = site.get(&location).await.json().await.unwrap();
    assert_eq!(again, file);
    let list: Value = site.get(&format!("/files?ticketId={}", site.ticket)).await.json().await.unwrap();
    assert_eq!(list, serde_json::json!({"items": [file], "nextCursor": null}));
    let download = site.get(&format!("{location}/download")).await;
    assert_eq!(download.status(), StatusCode::OK);
    assert_eq!(download.bytes().await.unwrap(), bytes);

    let events = site.world.emitted("files").await;
    assert_eq!(site.event_types().await, ["file.uploaded", "file.downloaded"]);
    let event = serde_json::to_value(&events[0]).unwrap();
    assert_eq!((&event["eventType"], &event["aggregateId"]), (&"file.uploaded".into(), &file["id"]));
    assert_eq!((&event["userId"], &event["aggregateVersion"]), (&file["uploadedBy"], &1.into()));
    insta::assert_json_snapshot!(event["data"], {
        ".fileId" => "[id]", ".ticketId" => "[ticket]", ".uploadedBy" => "[alice]", ".fileHash" => "[hash]",
    }, @r#"
    {
      "fileHash": "[hash]",
      "fileId": "[id]",
      "fileName": "journal d'été.txt",
      "fileSize": 300000,
      "mimeType": "text/plain",
      "ticketId": "[ticket]",
      "uploadedBy": "[alice]"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_the_form_may_come_in_either_order() {
    let site = Site::start().await;
    let form = Form::new()
        .part("file", part("a.png", "image/png", sample("png")))
        .text("ticketId", site.ticket.to_string());
    assert_eq!(site.post(form).await.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_as_it_should_be_is_told_why() {
    let site = Site::start().await;
    let text = || part("a.txt", "text/plain", "text");
    let ticket = site.ticket.to_string();
    for (form, expected) in [
        (Form::new().text("ticketId", ticket.clone()), (422, "validation_failed")),
        (Form::new().part("file", text()), (422, "validation_failed")),
        (Form::new().text("ticketId", "nonsense").part("file", text()), (422, "validation_failed")),
        (Form::new().text("ticketId", "x".repeat(100_000)).part("file", text()), (422, "validation_failed")),
        (site.form("a.txt", "text/plain", "text").text("more", "x"), (400, "unknown_field")),
        (site.form("a.txt", "text/plain", "text").part("file", text()), (400, "duplicate_field")),
        (site.form("a.txt", "text/plain", "text").text("ticketId", ticket), (400, "duplicate_field")),
        (site.form("a.txt", "text/plain", ""), (422, "validation_failed")),
    ] {
        let (status, code) = refusal(site.post(form).await).await;
        assert_eq!((status, code.as_str()), expected);
    }
    for (content_type, body, expected) in [
        ("application/json", "{}", (415, "unsupported_media_type")),
        ("multipart/form-data", "x", (400, "bad_request")),
        ("multipart/form-data; boundary=x", "nonsense", (400, "bad_request")),
        ("multipart/form-data; boundary=x", "--x\r\nno headers\r\n--x--", (400, "bad_request")),
        ("multipart/form-data; boundary=x", "--x\r\n\r\ntext\r\n--x--\r\n", (400, "bad_request")),
    ] {
        let request = site.http.post(format!("{}/files", site.url)).bearer_auth(&site.alice.token);
        let answer = request.header("content-type", content_type).body(body).send().await.unwrap();
        let (status, code) = refusal(answer).await;
        assert_eq!((status, code.as_str()), expected, "{content_type}: {body:?}");
    }
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_byte_over_the_limit_is_refused_and_one_less_taken() {
    let site = Site::start().await;
    let limit = 10 * 1024 * 1024;
    let (status, code) = refusal(site.post(site.form("a.txt", "text/plain", text_of(limit + 1))).await).await;
    assert_eq!((status, code.as_str()), (413, "file_too_large"));
    let (status, _) = refusal(site.post(site.form("a.txt", "text/plain", text_of(2 * limit))).await).await;
    assert_eq!(status, 413);
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
    let file = site.upload("a.txt", "text/plain", text_of(limit)).await;
    let download = site.get(&format!("/files/{}/download", file["id"].as_str().unwrap())).await;
    assert_eq!(download.bytes().await.unwrap().len(), limit);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_file_give_the_same_answer_and_another_file_none() {
    let site = Site::start().await;
    let key = [("idempotency-key", "once")];
    let form = |text: &'static str| site.form("a.txt", "text/plain", text);
    let first: Value = site.post_as(&site.alice, form("one"), &key).await.json().await.unwrap();
    let again = site.post_as(&site.alice, form("one"), &key).await;
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let (status, code) = refusal(site.post_as(&site.alice, form("two"), &key).await).await;
    assert_eq!((status, code.as_str()), (422, "idempotency_mismatch"));
    assert_eq!((site.count("files").await, site.count("uploads").await), (1, 0));
    assert_eq!(site.event_types().await, ["file.uploaded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_is_answered_even_where_the_first_took_the_last_place() {
    let site = Site::with(shared::testing::World::start().await, &[("MAX_FILES_PER_TICKET", "1")]).await;
    for _ in 0..2 {
        let form = site.form("a.txt", "text/plain", "one");
        let answer = site.post_as(&site.alice, form, &[("idempotency-key", "once")]).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
    let full = site.post(site.form("a.txt", "text/plain", "one")).await;
    assert_eq!(refusal(full).await, (422, "too_many_files".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_sent_many_times_at_once_makes_one_file_and_leaves_one_object() {
    let bucket = crate::bucket::TestBucket::start().await;
    let site = Site::over(&bucket).await;
    let key = [("idempotency-key", "once")];
    let posts = (0..6).map(|_| site.post_as(&site.alice, site.form("a.txt", "text/plain", "one"), &key));
    let mut ids = Vec::new();
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer.status(), StatusCode::CREATED);
        ids.push(answer.json::<Value>().await.unwrap()["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!((site.count("files").await, site.count("uploads").await), (1, 0));
    assert_eq!(bucket.keys().await, [format!("{}/{}", site.ticket, ids[0].as_str().unwrap())]);
}

/// Sends an upload up to where its file begins.
async fn begin(site: &Site) -> TcpStream {
    let mut socket = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 5000000\r\n\
         content-type: multipart/form-data; boundary=b\r\n\r\n\
         --b\r\ncontent-disposition: form-data; name=\"ticketId\"\r\n\r\n{}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\n",
        site.alice.token, site.ticket
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_half_way_leaves_nothing() {
    let bucket = crate::bucket::TestBucket::start().await;
    let site = Site::over(&bucket).await;
    let mut socket = begin(&site).await;
    socket.write_all(&text_of(2_000_000)).await.unwrap();
    drop(socket);
    // The service is none the worse for it, and has kept nothing.
    site.upload_text("still here").await;
    assert_eq!((site.count("files").await, site.count("uploads").await), (1, 0));
    assert_eq!(bucket.keys().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_for_uploads_is_held_while_one_comes_in_and_free_when_its_client_leaves() {
    let site = Site::with(shared::testing::World::start().await, &[("UPLOAD_SLOTS", "1")]).await;
    let mut socket = begin(&site).await;
    socket.write_all(&text_of(100_000)).await.unwrap();
    let busy = || async { site.post(site.form("a.txt", "text/plain", "text")).await };
    site.world.until("the only place is taken", || async { busy().await.status() == 429 }).await;
    let answer = busy().await;
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(refusal(answer).await, (429, "rate_limited".to_owned()));
    drop(socket);
    site.world.until("the place is free again", || async { busy().await.status() == 201 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_unknown_length_is_counted_as_it_comes() {
    let site = Site::start().await;
    let chunks = (0..14 * 16).map(|_| Ok::<_, std::io::Error>(text_of(64 * 1024)));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let part = reqwest::multipart::Part::stream(body).file_name("a.txt").mime_str("text/plain").unwrap();
    let form = Form::new().text("ticketId", site.ticket.to_string()).part("file", part);
    assert_eq!(refusal(site.post(form).await).await, (413, "file_too_large".to_owned()));
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_garbage_makes_it_stumble() {
    let site = Site::start().await;
    let whole = format!(
        "--b\r\ncontent-disposition: form-data; name=\"ticketId\"\r\n\r\n{}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
         content-type: text/plain\r\n\r\ntext\r\n--b--\r\n",
        site.ticket
    );
    let bits = [
        "\r\n--b",
        "\r",
        "--",
        "\0",
        "\"",
        ";",
        "é",
        "content-length: 9\r\n",
        "\r\n\r\n",
        "filename*=UTF-8''%FF",
    ];
    for n in 0..400_usize {
        // Cut it, put something in, or leave something out, each time elsewhere.
        let at = n * 7919 % whole.len();
        let (before, after) = whole.split_at(at);
        let body = match n % 3 {
            0 => before.to_owned(),
            1 => format!("{before}{}{after}", bits[n % bits.len()]),
            _ => format!("{before}{}", &after[(n % 40).min(after.len())..]),
        };
        let request = site.http.post(format!("{}/files", site.url)).bearer_auth(&site.alice.token);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        let status = request.body(body.clone()).send().await.unwrap().status();
        assert!(!status.is_server_error(), "{status} to {body:?}");
    }
    assert_eq!(site.count("uploads").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dawdles_is_sent_away() {
    let world = shared::testing::World::start().await;
    let site = Site::with(world, &[("UPLOAD_GRACE", "200ms")]).await;
    let mut socket = begin(&site).await;
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_ticket_are_listed_a_page_at_a_time() {
    let site = Site::start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(site.upload_text(&format!("note {n}")).await["id"].clone());
    }
    let mut listed = Vec::new();
    let mut path = format!("/files?ticketId={}&limit=2&sort=createdAt", site.ticket);
    let first = path.clone();
    loop {
        let page: Value = site.get(&path).await.json().await.unwrap();
        listed.extend(page["items"].as_array().unwrap().iter().map(|file| file["id"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("{first}&cursor={cursor}");
    }
    assert_eq!(listed, ids);
    let newest: Value =
        site.get(&format!("/files?ticketId={}&limit=1", site.ticket)).await.json().await.unwrap();
    assert_eq!(newest["items"][0]["id"], ids[4]);
    for query in ["", "?ticketId=nonsense", "?ticketId=1&x=1", "?limit=0"] {
        let (status, code) =
            refusal(site.call(Method::GET, &format!("/files{query}"), &site.alice).await).await;
        assert_eq!((status, code.as_str()), (400, "bad_query"), "{query}");
    }
}
