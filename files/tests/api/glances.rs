//! What tickets said a moment ago is believed when somebody reads, by the same session alone.

use reqwest::{Method, StatusCode};
use shared::testing::World;

use crate::harness::{Site, refusal};

/// A site that believes for so long.
async fn believing(ttl: &str) -> Site {
    Site::with(World::start().await, &[("TICKET_VISIBILITY_TTL", ttl)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_reads_a_lot_asks_once_and_every_other_asks_for_itself() {
    let site = believing("60s").await;
    let path = format!("/files/{}", site.upload_text("read often").await["id"].as_str().unwrap());
    let before = site.tickets.asked();
    for path in [&path, &format!("{path}/download"), &format!("/files?ticketId={}", site.ticket)] {
        assert_eq!(site.get(path).await.status(), StatusCode::OK);
    }
    assert_eq!(site.tickets.asked(), before, "the upload has asked already");
    let bob = site.sees(site.world.agent("bob@example.com"));
    assert_eq!(site.call(Method::GET, &path, &bob).await.status(), StatusCode::OK);
    let mallory = site.world.user("mallory@example.com");
    for _ in 0..2 {
        assert_eq!(site.call(Method::GET, &path, &mallory).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(site.tickets.asked(), before + 3, "a no is never remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_is_asked_for_each_time_and_a_no_ends_what_was_believed() {
    let site = believing("60s").await;
    let path = format!("/files/{}", site.upload_text("mine").await["id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.status(), StatusCode::OK);
    site.tickets.hide(&site.alice.token, site.ticket);
    assert_eq!(site.get(&path).await.status(), StatusCode::OK, "for a moment");
    let posted = site.post(site.form("a.txt", "text/plain", "text")).await;
    assert_eq!(refusal(posted).await, (404, "not_found".to_owned()));
    assert_eq!(site.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.call(Method::DELETE, &path, &site.alice).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.count("files").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_ends_it_at_once() {
    let site = believing("60s").await;
    let path = format!("/files/{}/download", site.upload_text("mine").await["id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.status(), StatusCode::OK);
    let until = site.world.clock().now() + chrono::Duration::hours(1);
    site.world.process().revocations.revoke(site.alice.session_id, until);
    assert_eq!(refusal(site.get(&path).await).await, (401, "token_revoked".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_believed_for_a_moment_only() {
    let site = believing("200ms").await;
    let path = format!("/files/{}", site.upload_text("mine").await["id"].as_str().unwrap());
    site.tickets.hide(&site.alice.token, site.ticket);
    let gone = || async { site.get(&path).await.status() == StatusCode::NOT_FOUND };
    site.world.until("tickets was asked again", gone).await;
}
