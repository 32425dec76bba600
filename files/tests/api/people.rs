//! What is kept about a person: given to them when they ask, forgotten with their account.

use insta::assert_json_snapshot;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::events::UserDeleted;
use shared::testing::{TestCaller, World};

use crate::bucket::{Gate, TestBucket};
use crate::harness::{Site, picture_of, refusal, sample};

async fn export(site: &Site, caller: &TestCaller) -> Value {
    let answer = site.call(Method::GET, "/files/export", caller).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn download(site: &Site, file: &Value, caller: &TestCaller) {
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    let answer = site.call_with(Method::GET, &path, caller, &[("user-agent", "Firefox")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.bytes().await.unwrap();
}

/// From where and with what each access was made, whose it was aside.
async fn traces(site: &Site, of: &TestCaller) -> Vec<(Option<String>, Option<String>)> {
    let rows = site.rows("SELECT user_id, ip_address, user_agent FROM file_access_logs ORDER BY id").await;
    let own = rows.iter().filter(|row| row.try_get::<uuid::Uuid>("", "user_id").unwrap() == of.id.0);
    own.map(|row| (row.try_get("", "ip_address").unwrap(), row.try_get("", "user_agent").unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_given_what_is_kept_about_them_and_nothing_of_others() {
    let site = Site::with(World::at("2026-03-01T08:00:00Z".parse().unwrap()).await, &[]).await;
    let bob = site.sees(site.world.agent("bob@example.com"));
    let next = || site.world.clock().advance(chrono::Duration::minutes(1));
    let first = site.upload_text("one").await;
    next();
    let second = site.upload("b.png", "image/png", sample("png")).await;
    site.post_as(&bob, site.form("of bob.txt", "text/plain", "three"), &[]).await;
    next();
    site.call(Method::DELETE, &format!("/files/{}", first["id"].as_str().unwrap()), &site.alice).await;
    next();
    download(&site, &second, &site.alice).await;
    download(&site, &second, &bob).await;
    site.hang(sample("png")).await;

    let mine = export(&site, &site.alice).await;
    assert_json_snapshot!(mine, {
        ".files[].id" => "[id]", ".files[].ticketId" => "[ticket]", ".files[].uploadedBy" => "[alice]",
        ".files[].fileHash" => "[hash]", ".accessLogs[].fileId" => "[id]",
        ".avatar.userId" => "[alice]", ".avatar.url" => "[url]", ".avatar.fileHash" => "[hash]",
    }, @r#"
    {
      "accessLogs": [
        {
          "action": "download",
          "createdAt": "2026-03-01T08:03:00Z",
          "fileId": "[id]",
          "ipAddress": "127.0.0.1",
          "userAgent": "Firefox"
        }
      ],
      "avatar": {
        "createdAt": "2026-03-01T08:03:00Z",
        "fileHash": "[hash]",
        "fileSize": 67,
        "mimeType": "image/png",
        "url": "[url]",
        "userId": "[alice]"
      },
      "files": [
        {
          "createdAt": "2026-03-01T08:00:00Z",
          "deletedAt": "2026-03-01T08:02:00Z",
          "fileHash": "[hash]",
          "fileSize": 3,
          "id": "[id]",
          "mimeType": "text/plain",
          "originalName": "note.txt",
          "ticketId": "[ticket]",
          "uploadedBy": "[alice]",
          "virusScanned": false,
          "virusStatus": null
        },
        {
          "createdAt": "2026-03-01T08:01:00Z",
          "deletedAt": null,
          "fileHash": "[hash]",
          "fileSize": 67,
          "id": "[id]",
          "mimeType": "image/png",
          "originalName": "b.png",
          "ticketId": "[ticket]",
          "uploadedBy": "[alice]",
          "virusScanned": false,
          "virusStatus": null
        }
      ]
    }
    "#);
    assert_eq!((&mine["files"][0]["id"], &mine["files"][1]["id"]), (&first["id"], &second["id"]));
    assert_eq!(mine["files"][0]["ticketId"], site.ticket.to_string());
    assert_eq!(mine["accessLogs"][0]["fileId"], second["id"]);
    assert_eq!(mine["avatar"]["userId"], site.alice.id.to_string());

    let of_bob = export(&site, &bob).await;
    assert_eq!(of_bob["files"][0]["originalName"], "of bob.txt");
    let counts = ["files", "accessLogs"].map(|list| of_bob[list].as_array().unwrap().len());
    assert_eq!((counts, &of_bob["avatar"]), ([1, 1], &Value::Null));

    // It is theirs also when the ticket is not theirs to see any more; and an administrator gets their own, too.
    site.tickets.hide(&site.alice.token, site.ticket);
    assert_eq!(export(&site, &site.alice).await, mine);
    let nothing = json!({"files": [], "accessLogs": [], "avatar": null});
    assert_eq!(export(&site, &site.world.admin("admin@example.com")).await, nothing);
    let bare = site.http.get(format!("{}/files/export", site.url)).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let asking = site.get(&format!("/files/export?userId={}", bob.id)).await;
    assert_eq!(refusal(asking).await, (400, "bad_query".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_account_go_its_picture_and_its_traces_and_its_files_stay() {
    let bucket = TestBucket::start().await;
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    let site = Site::over_in(world, &bucket, &[("UPLOAD_SWEEP_INTERVAL", "20ms")]).await;
    let bob = site.sees(site.world.agent("bob@example.com"));
    let file = site.upload_text("one").await;
    download(&site, &file, &site.alice).await;
    download(&site, &file, &bob).await;
    site.hang(sample("png")).await;
    site.put_avatar(&bob, bob.id, "image/gif", sample("gif")).await;
    let known = traces(&site, &bob).await;
    assert_eq!(known, [(Some("127.0.0.1".into()), Some("Firefox".into()))]);
    assert_eq!(traces(&site, &site.alice).await, known);

    let event = site.world.deliver(&UserDeleted { user_id: site.alice.id }, 5, None).await;

    let gone = site.call(Method::GET, &site.avatar_path(), &bob).await;
    assert_eq!(refusal(gone).await, (404, "not_found".to_owned()));
    assert_eq!(traces(&site, &site.alice).await, [(None, None)]);
    assert_eq!(traces(&site, &bob).await, known);
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    let kept: Value = site.call(Method::GET, &path, &bob).await.json().await.unwrap();
    assert_eq!(kept, file, "it belongs to its ticket's story");
    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("nothing is left to sweep", || async { site.count("uploads").await == 0 }).await;
    let pictures = bucket.pictures().await;
    assert!(pictures.len() == 1 && pictures[0].starts_with(&bob.id.to_string()), "{pictures:?}");

    // The stream from its start, as the inbox knows it and as it has forgotten it.
    site.world.deliver_again(&event).await;
    site.world.deliver(&UserDeleted { user_id: site.alice.id }, 5, None).await;
    assert_eq!(traces(&site, &bob).await, known);
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (1, 0));
    assert_eq!(site.count("failed_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_late_brings_somebody_back() {
    let bucket = TestBucket::start().await;
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    let site = Site::over_in(world, &bucket, &[("UPLOAD_SWEEP_INTERVAL", "20ms")]).await;
    let file = site.upload_text("one").await;
    // A picture is on its way while the account ends.
    bucket.set(Gate::Busy);
    let on_its_way = site.put_avatar(&site.alice, site.alice.id, "image/png", sample("png"));
    let ends = async {
        site.world.until("the object is stored", || async { !bucket.pictures().await.is_empty() }).await;
        site.world.deliver(&UserDeleted { user_id: site.alice.id }, 5, None).await;
        bucket.set(Gate::Open);
    };
    let (late, ()) = tokio::join!(on_its_way, ends);
    assert_eq!(refusal(late).await, (404, "not_found".to_owned()));

    let admin = site.world.admin("admin@example.com");
    let later = site.put_avatar(&admin, site.alice.id, "image/png", picture_of(100)).await;
    assert_eq!(refusal(later).await, (404, "not_found".to_owned()));
    assert_eq!(site.call(Method::DELETE, &site.avatar_path(), &admin).await.status(), 204);
    // Her token lives for a moment longer.
    download(&site, &file, &site.alice).await;
    assert_eq!(traces(&site, &site.alice).await, [(None, None)]);

    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("nothing is left to sweep", || async { site.count("uploads").await == 0 }).await;
    assert_eq!((site.count("avatars").await, bucket.pictures().await), (0, Vec::<String>::new()));
}
