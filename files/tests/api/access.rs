use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::testing::World;

use crate::harness::{Site, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_file_is_not_there_on_any_verb() {
    let site = Site::start().await;
    let file = site.upload_text("secret").await;
    let id = file["id"].as_str().unwrap();
    let nobodys = "01890a5d-ac96-774b-bcce-b302099a8057";
    for stranger in [site.world.user("mallory@example.com"), site.world.agent("other@example.com")] {
        for (method, path) in [
            (Method::GET, format!("/files/{id}")),
            (Method::GET, format!("/files/{id}/download")),
            (Method::HEAD, format!("/files/{id}/download")),
            (Method::DELETE, format!("/files/{id}")),
            (Method::GET, format!("/files?ticketId={}", site.ticket)),
        ] {
            let answer = site.call(method.clone(), &path, &stranger).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
            let other = site.call(method.clone(), &path.replace(id, nobodys), &stranger).await;
            assert_eq!(other.status(), StatusCode::NOT_FOUND, "{method} {path}");
        }
        let posted = site.post_as(&stranger, site.form("a.txt", "text/plain", "text"), &[]).await;
        assert_eq!(refusal(posted).await, (404, "not_found".to_owned()));
    }
    assert_eq!((site.count("files").await, site.count("uploads").await), (1, 0));
    assert_eq!(site.get(&format!("/files/{id}")).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_sight_of_the_ticket_loses_its_files() {
    let site = Site::with(World::start().await, &[("TICKET_VISIBILITY_TTL", "0s")]).await;
    let file = site.upload_text("secret").await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.status(), StatusCode::OK);
    site.tickets.hide(&site.alice.token, site.ticket);
    assert_eq!(site.get(&path).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_without_a_token() {
    let site = Site::start().await;
    let id = site.upload_text("secret").await["id"].as_str().unwrap().to_owned();
    for (method, path) in [
        (Method::POST, "/files".to_owned()),
        (Method::GET, format!("/files?ticketId={}", site.ticket)),
        (Method::GET, format!("/files/{id}")),
        (Method::GET, format!("/files/{id}/download")),
        (Method::DELETE, format!("/files/{id}")),
    ] {
        let bare = site.http.request(method.clone(), format!("{}{path}", site.url)).send().await.unwrap();
        assert_eq!(bare.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        assert!(bare.headers().contains_key("www-authenticate"));
        let forged = site.http.request(method, format!("{}{path}", site.url)).bearer_auth("nonsense");
        assert_eq!(forged.header("x-user-id", site.alice.id.to_string()).send().await.unwrap().status(), 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_deleted_by_who_brought_it_or_an_administrator() {
    let site = Site::start().await;
    let agent = site.sees(site.world.agent("agent@example.com"));
    let admin = site.sees(site.world.admin("admin@example.com"));
    let mine = format!("/files/{}", site.upload_text("mine").await["id"].as_str().unwrap());
    let other = format!("/files/{}", site.upload_text("other").await["id"].as_str().unwrap());

    let (status, code) = refusal(site.call(Method::DELETE, &mine, &agent).await).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    assert_eq!(site.call(Method::DELETE, &mine, &site.alice).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(site.call(Method::DELETE, &other, &admin).await.status(), StatusCode::NO_CONTENT);
    for path in [&mine, &other] {
        for (method, path) in [
            (Method::GET, path.clone()),
            (Method::GET, format!("{path}/download")),
            (Method::DELETE, path.clone()),
        ] {
            assert_eq!(site.call(method, &path, &site.alice).await.status(), StatusCode::NOT_FOUND);
        }
    }
    let list: Value = site.get(&format!("/files?ticketId={}", site.ticket)).await.json().await.unwrap();
    assert_eq!(list["items"], serde_json::json!([]));
    // It is out of sight, not out of the world.
    assert_eq!(site.count("files").await, 2);
    let events = site.world.emitted("files").await;
    let told: Vec<_> =
        events.iter().map(|event| (event.event_type.as_str(), event.aggregate_version)).collect();
    assert_eq!(told, [("file.uploaded", 1), ("file.uploaded", 1), ("file.deleted", 2), ("file.deleted", 2)]);
    assert_eq!(events[3].user_id, Some(admin.id));
    insta::assert_json_snapshot!(serde_json::to_value(&events[2].data).unwrap(), {
        ".fileId" => "[id]", ".ticketId" => "[ticket]", ".uploadedBy" => "[requester]",
    }, @r#"
    {
      "fileId": "[id]",
      "fileName": "note.txt",
      "ticketId": "[ticket]",
      "uploadedBy": "[requester]"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deletions_at_once_one_counts() {
    let site = Site::start().await;
    let path = format!("/files/{}", site.upload_text("mine").await["id"].as_str().unwrap());
    let answers =
        futures_util::future::join_all((0..8).map(|_| site.call(Method::DELETE, &path, &site.alice))).await;
    let deleted = answers.iter().filter(|answer| answer.status() == StatusCode::NO_CONTENT).count();
    assert_eq!(deleted, 1);
    assert!(answers.iter().all(|answer| matches!(answer.status().as_u16(), 204 | 404)));
    assert_eq!(site.event_types().await, ["file.uploaded", "file.deleted"]);
}
