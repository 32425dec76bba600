//! Files that go: deleted ones after their time, and a ticket's with their ticket.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::events::TicketDeleted;
use shared::ids::TicketId;
use shared::testing::World;

use crate::bucket::{Gate, TestBucket};
use crate::harness::{Site, refusal};

async fn swept(bucket: &TestBucket) -> Site {
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    Site::over_in(world, bucket, &[("UPLOAD_SWEEP_INTERVAL", "20ms")]).await
}

fn path(file: &Value) -> String {
    format!("/files/{}", file["id"].as_str().unwrap())
}

async fn delete(site: &Site, file: &Value) {
    let answer = site.call(Method::DELETE, &path(file), &site.alice).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}

fn deleted(site: &Site, ticket: TicketId) -> TicketDeleted {
    TicketDeleted { ticket_id: ticket, ticket_number: "HD-000001".to_owned(), user_id: site.alice.id }
}

/// Lets the sweeper turn a few times.
async fn turns(site: &Site) {
    let began = std::time::Instant::now();
    let long = std::time::Duration::from_millis(200);
    site.world.until("several turns have gone by", || async { began.elapsed() > long }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_purged_after_thirty_days_with_its_log_and_its_bytes() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    let (gone, kept) = (site.upload_text("gone").await, site.upload_text("kept").await);
    for file in [&gone, &kept] {
        site.get(&format!("{}/download", path(file))).await.bytes().await.unwrap();
    }
    delete(&site, &gone).await;
    site.world.clock().advance(chrono::Duration::days(30));
    turns(&site).await;
    assert_eq!((site.count("files").await, bucket.keys().await.len()), (2, 2), "not a moment too early");

    site.world.clock().advance(chrono::Duration::seconds(1));
    site.world.until("the row is gone", || async { site.count("files").await == 1 }).await;
    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("the object is gone", || async { site.count("uploads").await == 0 }).await;
    assert_eq!(site.count("file_access_logs").await, 1);
    let keys = bucket.keys().await;
    assert!(keys.len() == 1 && keys[0].ends_with(kept["id"].as_str().unwrap()), "{keys:?}");
    // What was told of its deletion was told then.
    let told = ["file.uploaded", "file.uploaded", "file.downloaded", "file.downloaded", "file.deleted"];
    assert_eq!(site.event_types().await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_waits_for_the_bucket_and_forgets_no_object() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    let file = site.upload_text("gone").await;
    delete(&site, &file).await;
    bucket.set(Gate::Shut);
    site.world.clock().advance(chrono::Duration::days(31));
    site.world.until("the row is gone", || async { site.count("files").await == 0 }).await;
    site.world.clock().advance(chrono::Duration::minutes(16));
    turns(&site).await;
    assert_eq!(site.count("uploads").await, 1, "as long as the object is there, somebody knows of it");
    bucket.set(Gate::Open);
    site.world.until("the object is gone", || async { site.count("uploads").await == 0 }).await;
    assert_eq!(bucket.keys().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tickets_files_go_with_it_and_nobody_elses() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    let first = site.upload_text("one").await;
    let second = site.upload_text("two").await;
    delete(&site, &first).await;
    let other = TicketId::at(site.world.clock().now());
    site.tickets.show(&site.alice.token, other);
    let form = reqwest::multipart::Form::new()
        .text("ticketId", other.to_string())
        .part("file", crate::harness::part("c.txt", "text/plain", "three"));
    let third: Value = site.post(form).await.json().await.unwrap();

    let event = site.world.deliver(&deleted(&site, site.ticket), 2, Some(site.alice.id)).await;
    site.world.deliver_again(&event).await;
    assert_eq!(site.get(&path(&second)).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.get(&path(&third)).await.status(), StatusCode::OK);
    let events = site.world.emitted("files").await;
    let deletions: Vec<_> = events.iter().filter(|event| event.event_type == "file.deleted").collect();
    assert_eq!(deletions.len(), 2, "each once");
    assert_eq!(deletions[1].aggregate_id.to_string(), second["id"].as_str().unwrap());
    assert_eq!(deletions[1].user_id, Some(site.alice.id));

    // A late one comes to nothing, whatever tickets still says.
    let late = site.post(site.form("a.txt", "text/plain", "late")).await;
    assert_eq!(refusal(late).await, (404, "not_found".to_owned()));
    site.world.clock().advance(chrono::Duration::days(31));
    site.world.until("their rows are gone", || async { site.count("files").await == 1 }).await;
    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("their objects are gone", || async { site.count("uploads").await == 0 }).await;
    assert_eq!(bucket.keys().await, [format!("{other}/{}", third["id"].as_str().unwrap())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_under_way_when_its_ticket_goes_leaves_nothing() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    bucket.set(Gate::Busy);
    let upload = site.post(site.form("a.txt", "text/plain", "too late"));
    let goes = async {
        site.world.until("the object is on its way", || async { site.count("uploads").await == 1 }).await;
        site.world.deliver(&deleted(&site, site.ticket), 2, Some(site.alice.id)).await;
        bucket.set(Gate::Open);
    };
    let (answer, ()) = tokio::join!(upload, goes);
    assert_eq!(refusal(answer).await, (404, "not_found".to_owned()));
    assert_eq!(site.count("files").await, 0);
    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("nothing is left to sweep", || async { site.count("uploads").await == 0 }).await;
    assert_eq!(bucket.keys().await, Vec::<String>::new());
    assert_eq!(site.event_types().await, Vec::<String>::new());
}
