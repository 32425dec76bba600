use std::time::{Duration, Instant};

use reqwest::{Response, StatusCode};
use shared::testing::World;

use crate::bucket::{Gate, TestBucket};
use crate::harness::{Site, header, refusal, text_of};

/// A port that nobody listens on.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn assert_away(answer: Response) {
    assert!(header(answer.headers(), "retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(refusal(answer).await, (503, "dependency_unavailable".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_bucket_gone_uploads_and_downloads_are_503_and_leave_no_row() {
    let bucket = TestBucket::start().await;
    let site = Site::over(&bucket).await;
    let file = site.upload_text("before").await;
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    for gate in [Gate::Shut, Gate::Frozen, Gate::Mute] {
        bucket.set(gate);
        for size in [4, 3_000_000] {
            let began = Instant::now();
            assert_away(site.post(site.form("a.txt", "text/plain", text_of(size))).await).await;
            assert!(began.elapsed() < Duration::from_secs(2), "{gate:?}: {:?}", began.elapsed());
        }
        let began = Instant::now();
        assert_away(site.get(&format!("{path}/download")).await).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{gate:?}: {:?}", began.elapsed());
        assert_eq!(site.count("files").await, 1);
        assert_eq!(site.get(&path).await.status(), StatusCode::OK, "what needs no bucket goes on");
    }
    bucket.set(Gate::Open);
    site.upload_text("after").await;
    assert_eq!(site.get(&format!("{path}/download")).await.text().await.unwrap(), "before");
    // The downloads that came to nothing are told of as little as the uploads.
    assert_eq!(site.event_types().await, ["file.uploaded", "file.uploaded", "file.downloaded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_finds_the_bucket_gone_standing_still_or_overloaded_and_no_row_is_left_without_its_object() {
    let bucket = TestBucket::start().await;
    let settings = [("MAX_FILES_PER_TICKET", "1000"), ("MAX_TOTAL_SIZE_PER_TICKET", "1GiB")];
    let site = Site::over_in(World::start().await, &bucket, &settings).await;
    let before = site.upload_text("before").await;
    let path = format!("/files/{}/download", before["id"].as_str().unwrap());
    for gate in [Gate::Refusing, Gate::Shut, Gate::Frozen, Gate::Mute] {
        let (site, path) = (&site, &path);
        let crowd = (0..24).map(|n| async move {
            let began = Instant::now();
            let answer = match n % 3 {
                0 => site.get(path).await,
                1 => site.post(site.form("a.txt", "text/plain", text_of(500_000))).await,
                _ => site.post(site.form("a.txt", "text/plain", "text")).await,
            };
            (answer, began.elapsed())
        });
        bucket.set(gate);
        for (answer, took) in futures_util::future::join_all(crowd).await {
            assert_away(answer).await;
            assert!(took < Duration::from_secs(4), "{gate:?}: {took:?}");
        }
        assert_eq!(site.count("files").await, 1);
    }
    bucket.set(Gate::Open);
    site.upload_text("after").await;
    // Every object that came through all the same is known, and the sweeper's.
    let known = site.count("files").await + site.count("uploads").await;
    assert!(bucket.keys().await.len() as i64 <= known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_waited_for() {
    let bucket = TestBucket::start().await;
    let site = Site::over(&bucket).await;
    bucket.set(Gate::Busy);
    let began = Instant::now();
    let wakes = async {
        let long = Duration::from_millis(2500);
        site.world.until("our patience would be over", || async { began.elapsed() > long }).await;
        bucket.set(Gate::Open);
    };
    let (answer, ()) = tokio::join!(site.post(site.form("a.txt", "text/plain", text_of(100_000))), wakes);
    assert_eq!(answer.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_at_the_start_keeps_nothing_from_starting() {
    let settings = [("S3_ACCESS_KEY", "key"), ("S3_SECRET_KEY", "secret"), ("S3_ENDPOINT", &nowhere())];
    let site = Site::with(World::start().await, &settings).await;
    assert_away(site.post(site.form("a.txt", "text/plain", "text")).await).await;
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_made_too_late_is_made_then() {
    let bucket = TestBucket::start().await;
    bucket.set(Gate::Shut);
    let site = Site::over(&bucket).await;
    assert_away(site.post(site.form("a.txt", "text/plain", "text")).await).await;
    bucket.set(Gate::Open);
    site.upload_text("now").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_the_server_refuses_are_told_at_the_start() {
    let bucket = TestBucket::start().await;
    let world = World::start().await;
    let sources = world
        .sources("files")
        .await
        .with("S3_ENDPOINT", &bucket.endpoint)
        .with("S3_ACCESS_KEY", &bucket.access_key)
        .with("S3_SECRET_KEY", "wrong");
    let config = files::Config::read(&sources).unwrap();
    let fault = files::start(&config, world.process()).await.err().expect("it cannot start").to_string();
    assert!(fault.contains("S3_SECRET_KEY") && !fault.contains("wrong"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_of_which_nobody_knows_how_it_ended_is_cleared_away() {
    let bucket = TestBucket::start().await;
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    let site =
        Site::over_in(world, &bucket, &[("UPLOAD_SWEEP_INTERVAL", "20ms"), ("MAX_FILES_PER_TICKET", "1")])
            .await;
    bucket.set(Gate::Mute);
    assert_away(site.post(site.form("a.txt", "text/plain", "lost")).await).await;
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 1));
    // The server has stored what it was given, and only its answer was lost. It takes nobody's place …
    bucket.set(Gate::Open);
    assert_eq!(bucket.keys().await.len(), 1);
    site.upload_text("kept").await;
    assert_eq!(bucket.keys().await.len(), 2);
    // … and goes once it is old enough.
    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("the reservation is gone", || async { site.count("uploads").await == 0 }).await;
    assert_eq!((site.count("files").await, bucket.keys().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweeper_waits_for_the_bucket() {
    let bucket = TestBucket::start().await;
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    let site = Site::over_in(world, &bucket, &[("UPLOAD_SWEEP_INTERVAL", "20ms")]).await;
    bucket.set(Gate::Mute);
    assert_away(site.post(site.form("a.txt", "text/plain", "lost")).await).await;
    bucket.set(Gate::Shut);
    site.world.clock().advance(chrono::Duration::minutes(16));
    // As long as the object may be there, somebody must know of it.
    let began = Instant::now();
    site.world
        .until("several turns have gone by", || async { began.elapsed() > Duration::from_millis(200) })
        .await;
    assert_eq!(site.count("uploads").await, 1);
    bucket.set(Gate::Open);
    site.world.until("the reservation is gone", || async { site.count("uploads").await == 0 }).await;
    assert_eq!(bucket.keys().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tickets_gone_nobody_is_let_in_and_all_are_told_to_come_again() {
    let site = Site::with(World::start().await, &[("TICKET_SERVICE_URL", &nowhere())]).await;
    let began = Instant::now();
    assert_away(site.post(site.form("a.txt", "text/plain", "text")).await).await;
    assert_away(site.get(&format!("/files?ticketId={}", site.ticket)).await).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_is_not_taken_for_a_whole_one() {
    let bucket = TestBucket::start().await;
    let site = Site::over(&bucket).await;
    let file = site.upload("a.txt", "text/plain", text_of(9_000_000)).await;
    let mut answer = site.get(&format!("/files/{}/download", file["id"].as_str().unwrap())).await;
    assert!(answer.chunk().await.unwrap().is_some());
    bucket.set(Gate::Shut);
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken);
}
