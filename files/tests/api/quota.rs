use reqwest::{Method, StatusCode};
use shared::testing::World;

use crate::harness::{Site, refusal, text_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_holds_ten_files_whoever_brings_how_many_at_once() {
    let site = Site::start().await;
    let posts = (0..24).map(|n| site.post(site.form("a.txt", "text/plain", format!("file {n}"))));
    let mut taken = 0;
    for answer in futures_util::future::join_all(posts).await {
        if answer.status() == StatusCode::CREATED {
            taken += 1;
        } else {
            assert_eq!(refusal(answer).await, (422, "too_many_files".to_owned()));
        }
    }
    assert_eq!(taken, 10);
    assert_eq!((site.count("files").await, site.count("uploads").await), (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_ticket_never_grow_over_its_quota_together() {
    let world = World::start().await;
    let settings = [("MAX_FILE_SIZE", "100KiB"), ("MAX_TOTAL_SIZE_PER_TICKET", "350KiB")];
    let site = Site::with(world, &settings).await;
    let posts = (0..8).map(|_| site.post(site.form("a.txt", "text/plain", text_of(100 * 1024))));
    let mut taken = 0;
    for answer in futures_util::future::join_all(posts).await {
        if answer.status() == StatusCode::CREATED {
            taken += 1;
        } else {
            assert_eq!(refusal(answer).await, (422, "quota_exceeded".to_owned()));
        }
    }
    assert_eq!(taken, 3);
    site.upload("b.txt", "text/plain", text_of(50 * 1024)).await;
    let full = site.post(site.form("a.txt", "text/plain", "x")).await;
    assert_eq!(refusal(full).await, (422, "quota_exceeded".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_makes_room_again() {
    let site = Site::with(World::start().await, &[("MAX_FILES_PER_TICKET", "1")]).await;
    let file = site.upload_text("one").await;
    assert_eq!(site.post(site.form("a.txt", "text/plain", "two")).await.status(), 422);
    site.call(Method::DELETE, &format!("/files/{}", file["id"].as_str().unwrap()), &site.alice).await;
    site.upload_text("two").await;
}
