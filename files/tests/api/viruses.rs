//! The virus scanner: what it finds is refused and told, and without its word nothing is stored.

use std::time::{Duration, Instant};

use insta::assert_json_snapshot;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use shared::testing::World;

use crate::bucket::{Gate, TestBucket};
use crate::clamd::{TestScanner, VIRUS, speaking};
use crate::harness::{Site, header, refusal, sample, text_of};

async fn guarded(scanner: &TestScanner, bucket: &TestBucket) -> Site {
    Site::over_in(World::start().await, bucket, &scanner.settings()).await
}

/// Nobody could look: come again soon.
async fn assert_closed(answer: Response) {
    let wait: u64 = header(answer.headers(), "retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert_eq!(refusal(answer).await, (503, "dependency_unavailable".to_owned()));
}

async fn assert_nothing_is_kept(site: &Site, bucket: &TestBucket) {
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
    assert_eq!(bucket.keys().await, Vec::<String>::new());
}

/// A text that begins innocently and is long enough to be sent in many pieces.
fn infected() -> Vec<u8> {
    [&text_of(200_000)[..], VIRUS.as_bytes(), b"\n"].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_infected_file_is_refused_and_told_of_and_nothing_of_it_is_kept() {
    let (scanner, bucket) = (TestScanner::start().await, TestBucket::start().await);
    let site = guarded(&scanner, &bucket).await;
    let answer = site.post(site.form("invoice.txt", "text/plain", infected())).await;
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&422.into(), &"infected".into()));
    assert_nothing_is_kept(&site, &bucket).await;

    let events = site.world.emitted("files").await;
    assert_eq!((events.len(), events[0].event_type.as_str()), (1, "file.infected"));
    assert_eq!(events[0].user_id, Some(site.alice.id));
    assert_json_snapshot!(serde_json::to_value(&events[0].data).unwrap(), {
        ".fileId" => "[id]", ".ticketId" => "[ticket]", ".uploadedBy" => "[alice]",
    }, @r#"
    {
      "fileId": "[id]",
      "fileName": "invoice.txt",
      "signature": "Helpdesk.Test.Virus.UNOFFICIAL",
      "ticketId": "[ticket]",
      "uploadedBy": "[alice]"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_file_says_that_it_was_looked_at() {
    let (scanner, bucket) = (TestScanner::start().await, TestBucket::start().await);
    let site = guarded(&scanner, &bucket).await;
    let file = site.upload("a.txt", "text/plain", text_of(3_000_000)).await;
    assert_eq!((&file["virusScanned"], &file["virusStatus"]), (&true.into(), &"clean".into()));
    let again: Value =
        site.get(&format!("/files/{}", file["id"].as_str().unwrap())).await.json().await.unwrap();
    assert_eq!(again, file);
    let ready: Value =
        site.http.get(format!("{}/ready", site.url)).send().await.unwrap().json().await.unwrap();
    let checks = ready["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "scanner" && check["status"] == "up"), "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_scanner_gone_or_standing_still_nothing_is_stored_and_all_are_told_soon() {
    let (scanner, bucket) = (TestScanner::start().await, TestBucket::start().await);
    let site = guarded(&scanner, &bucket).await;
    for gate in [Gate::Shut, Gate::Frozen, Gate::Mute, Gate::Refusing] {
        scanner.set(gate);
        // More at once than it is shown files.
        let site = &site;
        let posts = (0..20).map(|n| async move {
            let began = Instant::now();
            let size = if n % 2 == 0 { 4 } else { 1_000_000 };
            let answer = site.post(site.form("a.txt", "text/plain", text_of(size))).await;
            (answer, began.elapsed())
        });
        for (answer, took) in futures_util::future::join_all(posts).await {
            assert_closed(answer).await;
            assert!(took < Duration::from_secs(3), "{gate:?}: {took:?}");
        }
        assert_nothing_is_kept(site, &bucket).await;
        assert_eq!(site.get(&format!("/files?ticketId={}", site.ticket)).await.status(), StatusCode::OK);
        let ready = site.http.get(format!("{}/ready", site.url)).send().await.unwrap();
        assert_eq!(ready.status(), StatusCode::OK, "it does less, and is there");
    }
    scanner.set(Gate::Open);
    site.upload_text("now").await;
    assert_eq!(site.event_types().await, ["file.uploaded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_is_busy_is_waited_for_and_not_for_ever() {
    let (scanner, bucket) = (TestScanner::start().await, TestBucket::start().await);
    let more = [("CLAMD_SCAN_TIMEOUT", "4s"), ("CLAMD_PATIENCE", "1s")];
    let settings: Vec<_> = scanner.settings().into_iter().chain(more).collect();
    let site = Site::over_in(World::start().await, &bucket, &settings).await;
    scanner.set(Gate::Busy);
    let began = Instant::now();
    let wakes = async {
        let long = Duration::from_millis(1500);
        site.world.until("our patience would be over", || async { began.elapsed() > long }).await;
        scanner.set(Gate::Open);
    };
    let (answer, ()) = tokio::join!(site.post(site.form("a.txt", "text/plain", text_of(100_000))), wakes);
    assert_eq!(answer.status(), StatusCode::CREATED);
    scanner.set(Gate::Busy);
    let began = Instant::now();
    assert_closed(site.post(site.form("a.txt", "text/plain", "text")).await).await;
    assert!((4..6).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(site.count("files").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_the_scanner_looks_at_is_not_taken() {
    let (scanner, bucket) = (TestScanner::start().await, TestBucket::start().await);
    let settings: Vec<_> =
        scanner.settings().into_iter().chain([("CLAMD_STREAM_MAX_LENGTH", "1KiB")]).collect();
    let site = Site::over_in(World::start().await, &bucket, &settings).await;
    assert_closed(site.post(site.form("a.txt", "text/plain", text_of(1025))).await).await;
    assert_nothing_is_kept(&site, &bucket).await;
    site.upload("a.txt", "text/plain", text_of(1024)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_says_anything_but_its_verdict_lets_nothing_pass() {
    for said in [
        "INSTREAM size limit exceeded. ERROR\0",
        "stream: Can't allocate memory ERROR\0",
        "stream: OK but not really\0",
        "HTTP/1.1 200 OK\r\n\r\n",
        "OK\0",
        "",
    ] {
        let bucket = TestBucket::start().await;
        let address = speaking(move |_| said.to_owned()).await;
        let settings = [("ENABLE_VIRUS_SCAN", "true"), ("CLAMD_ADDRESS", address.as_str())];
        let site = Site::over_in(World::start().await, &bucket, &settings).await;
        assert_closed(site.post(site.form("a.txt", "text/plain", "text")).await).await;
        assert_nothing_is_kept(&site, &bucket).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_infected_picture_of_somebody_is_not_hung() {
    let (scanner, bucket) = (TestScanner::start().await, TestBucket::start().await);
    let site = guarded(&scanner, &bucket).await;
    let mut picture = sample("png");
    // A remark before the pixels. (Its checksum is nobody's business here.)
    let remark = [&(VIRUS.len() as u32).to_be_bytes()[..], b"tEXt", VIRUS.as_bytes(), &[0; 4]].concat();
    picture.splice(33..33, remark);
    let put = |bytes| site.put_avatar(&site.alice, site.alice.id, "image/png", bytes);
    assert_eq!(refusal(put(picture).await).await, (422, "infected".to_owned()));
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (0, 0));
    scanner.set(Gate::Shut);
    assert_closed(put(sample("png")).await).await;
    scanner.set(Gate::Open);
    assert_eq!(put(sample("png")).await.status(), StatusCode::CREATED);
}
