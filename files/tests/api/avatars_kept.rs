//! Pictures and their objects: no row without its object, and no object for long without its row.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use shared::testing::World;

use crate::bucket::{Gate, TestBucket};
use crate::harness::{Site, header, picture_of, refusal, sample};

/// A site whose sweeper turns all the time, on a clock that the test moves.
async fn swept(bucket: &TestBucket) -> Site {
    let world = World::at("2026-03-01T08:00:00Z".parse().unwrap()).await;
    Site::over_in(world, bucket, &[("UPLOAD_SWEEP_INTERVAL", "20ms")]).await
}

/// Lets the sweeper do all that it has to do.
async fn sweep(site: &Site) {
    site.world.clock().advance(chrono::Duration::minutes(16));
    site.world.until("nothing is left to sweep", || async { site.count("uploads").await == 0 }).await;
}

/// The key that the row of alice's picture names.
async fn hung(site: &Site) -> Vec<String> {
    let rows = site.rows("SELECT file_path FROM avatars").await;
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn put(site: &Site, bytes: Vec<u8>) -> Response {
    site.put_avatar(&site.alice, site.alice.id, "image/png", bytes).await
}

async fn assert_away(answer: Response) {
    assert!(header(answer.headers(), "retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(refusal(answer).await, (503, "dependency_unavailable".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_was_replaced_goes_after_a_while() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    site.hang(sample("png")).await;
    let first = hung(&site).await;
    assert_eq!(bucket.pictures().await, first);
    assert!(first[0].starts_with(&format!("{}/", site.alice.id)));

    site.hang(picture_of(100)).await;
    let second = hung(&site).await;
    assert_ne!(first, second, "a new picture never overwrites the old one");
    // Whoever is reading the old one reads it to its end.
    let both = bucket.pictures().await;
    assert!(both.contains(&first[0]) && both.contains(&second[0]), "{both:?}");
    sweep(&site).await;
    assert_eq!(bucket.pictures().await, second);
    assert_eq!(site.get(&site.avatar_path()).await.bytes().await.unwrap(), picture_of(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_taken_down_once_or_often_and_its_object_goes() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    site.hang(sample("png")).await;
    for _ in 0..2 {
        assert_eq!(site.call(Method::DELETE, &site.avatar_path(), &site.alice).await.status(), 204);
        assert_eq!(site.get(&site.avatar_path()).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (0, 1));
    sweep(&site).await;
    assert_eq!(bucket.pictures().await, Vec::<String>::new());
    assert_eq!(put(&site, sample("png")).await.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_pictures_at_once_one_hangs_and_its_object_alone_is_kept() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    let answers = futures_util::future::join_all((0..8).map(|n| put(&site, picture_of(100 + n)))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    sweep(&site).await;
    let kept = hung(&site).await;
    assert_eq!((kept.len(), bucket.pictures().await), (1, kept));
    let length = site.get(&site.avatar_path()).await.bytes().await.unwrap().len();
    assert!((100..108).contains(&length));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_picture_sent_many_times_at_once_makes_one_object() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    let answers = futures_util::future::join_all((0..6).map(|_| put(&site, sample("png")))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == StatusCode::CREATED).count(), 1);
    assert!(answers.iter().all(|answer| answer.status().is_success()));
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (1, 0));
    assert_eq!(bucket.pictures().await, hung(&site).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_bucket_away_pictures_are_503_in_two_seconds_and_the_old_one_stays() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    let old = site.hang(sample("png")).await;
    let row = hung(&site).await;
    for gate in [Gate::Shut, Gate::Frozen, Gate::Mute] {
        bucket.set(gate);
        for size in [100, 2_000_000] {
            let began = Instant::now();
            assert_away(put(&site, picture_of(size)).await).await;
            assert!(began.elapsed() < Duration::from_secs(2), "{gate:?}: {:?}", began.elapsed());
        }
        let began = Instant::now();
        assert_away(site.get(&site.avatar_path()).await).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{gate:?}: {:?}", began.elapsed());
        assert_eq!(hung(&site).await, row);
        // What needs no bytes needs no bucket.
        let etag = format!("\"{}\"", old["fileHash"].as_str().unwrap());
        let known = [("if-none-match", etag.as_str())];
        let same = site.call_with(Method::GET, &site.avatar_path(), &site.alice, &known).await;
        assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(put(&site, sample("png")).await.json::<Value>().await.unwrap(), old);
    }
    bucket.set(Gate::Open);
    sweep(&site).await;
    assert_eq!(bucket.pictures().await, row);
    assert_eq!(site.get(&site.avatar_path()).await.bytes().await.unwrap(), sample("png"));

    bucket.set(Gate::Shut);
    assert_eq!(site.call(Method::DELETE, &site.avatar_path(), &site.alice).await.status(), 204);
    bucket.set(Gate::Open);
    sweep(&site).await;
    assert_eq!(bucket.pictures().await, Vec::<String>::new());
}

/// Sends a picture, and the server goes away between storing it and saying so.
async fn put_and_hear_nothing(site: &Site, bucket: &TestBucket, bytes: Vec<u8>) {
    bucket.set(Gate::Busy);
    let (before, began) = (bucket.pictures().await.len(), Instant::now());
    let goes = async {
        site.world.until("the object is stored", || async { bucket.pictures().await.len() > before }).await;
        assert_eq!(site.count("uploads").await, 1, "somebody knows of it from before it is there");
        // Within this time the service would try a second time.
        let long = Duration::from_millis(500);
        site.world.until("nobody tries again", || async { began.elapsed() > long }).await;
        bucket.set(Gate::Shut);
    };
    let (answer, ()) = tokio::join!(put(site, bytes), goes);
    assert_away(answer).await;
    bucket.set(Gate::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_was_stored_and_never_written_down_is_cleared_away() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    put_and_hear_nothing(&site, &bucket, sample("png")).await;
    assert_eq!((site.count("avatars").await, site.count("uploads").await), (0, 1));
    // The next one is no worse off for it.
    assert_eq!(put(&site, sample("png")).await.status(), StatusCode::CREATED);
    assert_eq!(bucket.pictures().await.len(), 2);
    sweep(&site).await;
    assert_eq!(bucket.pictures().await, hung(&site).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_that_was_never_written_down_leaves_the_old_picture() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    site.hang(sample("png")).await;
    let old = hung(&site).await;
    put_and_hear_nothing(&site, &bucket, picture_of(100)).await;
    sweep(&site).await;
    assert_eq!((hung(&site).await, bucket.pictures().await), (old.clone(), old));
    assert_eq!(site.get(&site.avatar_path()).await.bytes().await.unwrap(), sample("png"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_the_sweeper_took_for_abandoned_is_not_written_down() {
    // Up to the sweep this is also what a kill at this moment leaves.
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    bucket.set(Gate::Busy);
    let takes_long = put(&site, sample("png"));
    let is_swept = async {
        site.world.until("the object is stored", || async { !bucket.pictures().await.is_empty() }).await;
        sweep(&site).await;
        bucket.set(Gate::Open);
    };
    let (answer, ()) = tokio::join!(takes_long, is_swept);
    assert_away(answer).await;
    assert_eq!((site.count("avatars").await, bucket.pictures().await), (0, Vec::<String>::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_says_in_which_bucket_the_object_lies() {
    let bucket = TestBucket::start().await;
    let site = swept(&bucket).await;
    site.hang(sample("png")).await;
    // As when S3_BUCKET_AVATARS was set anew: the picture lies in what is now the other bucket.
    let file = site.upload("a.png", "image/png", picture_of(100)).await;
    let key = format!("{}/{}", site.ticket, file["id"].as_str().unwrap());
    let (old, tx) = (hung(&site).await, site.world.db("files").begin().await.unwrap());
    let moved = "UPDATE avatars SET bucket_name = $1, file_path = $2, file_size = 100";
    tx.run(moved, [bucket.name.clone().into(), key.into()]).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(site.get(&site.avatar_path()).await.bytes().await.unwrap(), picture_of(100));
    assert_eq!(site.call(Method::DELETE, &site.avatar_path(), &site.alice).await.status(), 204);
    sweep(&site).await;
    assert_eq!((bucket.keys().await, bucket.pictures().await), (Vec::new(), old));
}
