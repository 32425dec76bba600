//! Months that are older than is wished lie in a bucket, and nothing of them is lost on the way there.
#![allow(clippy::disallowed_methods, reason = "tests are told of servers by the environment")]

mod faults;

use std::io::Read;

use audit::domain::{ExportFault, ExportVerifier, PublicKey, Signer};
use flate2::read::GzDecoder;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{db::Db, events::UserDeleted, testing::World};

use crate::{House, numbers, serve_with, ticket};

const KEEP: (&str, &str) = ("TRAIL_RETENTION", "30d");

/// Where this test's archives lie: in a bucket of its own on the real server, where there is one.
fn bucket() -> Vec<(&'static str, String)> {
    let Ok(server) = std::env::var("TEST_S3_URL") else { return Vec::new() };
    let env = |name| std::env::var(name).unwrap_or_default();
    vec![
        ("S3_ENDPOINT", server),
        ("S3_ACCESS_KEY", env("TEST_S3_ACCESS_KEY")),
        ("S3_SECRET_KEY", env("TEST_S3_SECRET_KEY")),
        ("S3_BUCKET_AUDIT", format!("test-{}", uuid::Uuid::new_v4().simple())),
    ]
}

type Settings = Vec<(&'static str, String)>;

fn keeping(bucket: Settings, more: &[(&'static str, &str)]) -> Settings {
    let set = [KEEP, ("TRAIL_ARCHIVE_INTERVAL", "100ms"), ("CHECKPOINT_INTERVAL", "1h")];
    let own = set.iter().chain(more).map(|(key, value)| (*key, (*value).to_owned()));
    bucket.into_iter().chain(own).collect()
}

fn lent(settings: &Settings) -> Vec<(&str, &str)> {
    settings.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

/// January has the rows 1 to 3, February 4 to 7, March 8 and 9; it is the 20th of March.
async fn three_months(settings: &Settings) -> House {
    let world = World::at("2026-01-05T08:00:00Z".parse().unwrap()).await;
    let mut house = House::with(world, &lent(settings)).await;
    for (rows, days) in [(1..=3, 31), (4..=7, 33), (8..=9, 10)] {
        for number in rows {
            house.add(number).await;
        }
        house.pass(days);
    }
    house
}

impl House {
    async fn add(&self, number: u32) {
        let event = ticket(number, self.world.clock().now());
        self.world.deliver(&event, number.into(), Some(event.user_id)).await;
        self.world.clock().advance(chrono::Duration::minutes(1));
    }

    /// Some days go by, and with them sessions.
    fn pass(&mut self, days: i64) {
        self.world.clock().advance(chrono::Duration::days(days));
        self.admin = self.world.admin("admin@example.com");
    }

    /// The first and last rows of the archives.
    async fn put_away(&self) -> Vec<(i64, i64)> {
        let number = |it: &Value, name: &str| it[name].as_i64().unwrap();
        let archives = self.items("/audit/archives").await;
        archives.iter().map(|it| (number(it, "firstSequence"), number(it, "lastSequence"))).collect()
    }

    async fn until_put_away(&self, expected: &[(i64, i64)]) {
        let what = format!("the archives are {expected:?}");
        self.world.until(&what, async || self.put_away().await == expected).await;
    }

    /// An archive as its lines.
    async fn archive(&self, last: i64) -> String {
        let answer = self.ask(&self.admin, &format!("/audit/archives/{last}")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/gzip");
        unpacked(&answer.bytes().await.unwrap())
    }

    async fn public_key(&self) -> PublicKey {
        let pem = self.ask(&self.admin, "/audit/public-key").await.text().await.unwrap();
        PublicKey::from_pem(&pem).unwrap()
    }

    async fn remaining(&self) -> String {
        self.ask(&self.admin, "/audit/trail").await.text().await.unwrap()
    }

    /// What `GET /audit/verify` says: where it began, and what is wrong.
    async fn verdict(&self) -> (i64, Value) {
        let verdict = self.get("/audit/verify").await;
        assert_eq!(verdict["isIntact"], verdict["fault"].is_null());
        (verdict["after"].as_i64().unwrap(), verdict["fault"]["kind"].clone())
    }

    async fn sql(&self, sqlite: &str, postgres: &str) {
        let db = self.world.db("audit");
        let sql = if db.is_postgres() { postgres } else { sqlite };
        db.conn().execute_unprepared(sql).await.unwrap();
    }

    async fn fails(&self) -> u64 {
        failures(&self.ask(&self.admin, "/metrics").await.text().await.unwrap())
    }

    async fn until_it_failed_again(&self) {
        let before = self.fails().await;
        // One may have been under way.
        self.world.until("it failed twice", async || self.fails().await > before + 1).await;
    }
}

fn failures(metrics: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix("audit_archive_failures_total "));
    line.unwrap_or("0").parse().unwrap()
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

fn verified<'a>(
    key: PublicKey,
    files: impl IntoIterator<Item = &'a String>,
) -> Result<(u64, i64), ExportFault> {
    let mut verifier = ExportVerifier::new(vec![key], None);
    for file in files {
        file.lines().try_for_each(|line| verifier.line(line))?;
    }
    verifier.end().map(|verified| (verified.rows, verified.end.sequence))
}

/// Keeps the end of the trail, as is done every minute.
async fn keep_end(db: &Db) {
    let keep = "INSERT INTO checkpoints (sequence, hash, recorded_at, key_id, signature) \
                SELECT sequence, hash, recorded_at, key_id, signature FROM trail_head";
    db.conn().execute_unprepared(keep).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_months_go_and_their_archives_and_what_remains_are_one_chain() {
    let mut house = three_months(&keeping(bucket(), &[])).await;
    house.until_put_away(&[(1, 3)]).await;
    assert_eq!(house.verdict().await, (3, Value::Null));
    assert_eq!(numbers(&house.items("/audit/events").await), [4, 5, 6, 7, 8, 9]);

    // What is new goes on where it was, and a month later February goes.
    house.add(10).await;
    house.pass(20);
    house.until_put_away(&[(1, 3), (4, 7)]).await;
    house.add(11).await;
    assert_eq!(house.verdict().await, (7, Value::Null));
    assert_eq!(numbers(&house.items("/audit/events?after=2").await), [8, 9, 10, 11]);
    let kept = numbers(&house.items("/audit/checkpoints").await);
    assert_eq!(kept, [7], "of what was put away the last checkpoint is left");

    let files = [house.archive(3).await, house.archive(7).await, house.remaining().await];
    let key = house.public_key().await;
    assert_eq!(verified(key.clone(), &files).unwrap(), (11, 11));
    assert_eq!(verified(key.clone(), &files[..1]).unwrap(), (3, 3), "an archive stands for itself");
    assert!(files[0].lines().last().unwrap().contains("\"kind\":\"checkpoint\""));
    assert!(!files[0].contains("The printer is on fire"), "personal details are sealed");
    // Without one of them, in another order, by another key.
    assert!(matches!(
        verified(key.clone(), [&files[0], &files[2]]),
        Err(ExportFault::Gap { first: 4, last: 7 })
    ));
    assert!(matches!(verified(key, [&files[1], &files[0]]), Err(ExportFault::Apart { .. })));
    assert!(verified(Signer::of(&[1; 32]).public_key(), &files).is_err());

    // A single row of the three, and a word of it.
    let archives = house.items("/audit/archives").await;
    let object = archives[0]["object"].as_str().unwrap();
    assert!(object.starts_with("trail-2026-01-rows-000000000001-000000000003-"), "{object}");
    assert_eq!(archives[0]["firstRecordedAt"], "2026-01-05T08:00:00Z");
    let page = house.get("/audit/archives?limit=1").await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["nextCursor"]), (1, &json!("3")));
    assert_eq!(house.items("/audit/archives?cursor=3").await, archives[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_being_read_goes_on_over_the_border() {
    let house = three_months(&keeping(bucket(), &[("TRAIL_RETENTION", "400d")])).await;
    let first = house.get("/audit/logs?limit=4").await;
    assert_eq!(numbers(first["items"].as_array().unwrap()), [9, 8, 7, 6]);
    let lines = house.items("/audit/logs").await;
    let id = |place: usize| lines[place]["id"].as_str().unwrap();

    // Meanwhile another replica puts January away.
    serve_with(&house.world, &lent(&keeping(bucket(), &[]))).await;
    house.until_put_away(&[(1, 3)]).await;
    let rest =
        house.get(&format!("/audit/logs?limit=4&cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!((numbers(rest["items"].as_array().unwrap()), &rest["nextCursor"]), (vec![5, 4], &Value::Null));
    assert_eq!(numbers(&house.items("/audit/logs?sort=timestamp&limit=3").await), [4, 5, 6]);
    assert_eq!(house.ask(&house.admin, &format!("/audit/logs/{}", id(8))).await.status(), 404);
    assert_eq!(house.ask(&house.admin, &format!("/audit/logs/{}", id(5))).await.status(), 200);
    assert_eq!(house.ask(&house.admin, "/audit/trail?after=3").await.status(), 200);
    assert_eq!(house.ask(&house.admin, "/audit/trail?after=2").await.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_is_put_away_whole_goes_on() {
    let mut house = three_months(&keeping(bucket(), &[])).await;
    house.pass(90);
    house.until_put_away(&[(1, 3), (4, 7), (8, 9)]).await;
    assert_eq!(house.verdict().await, (9, Value::Null));
    assert!(house.items("/audit/events").await.is_empty());
    let key = house.public_key().await;
    let mut files = vec![house.archive(3).await, house.archive(7).await, house.archive(9).await];
    assert_eq!(verified(key.clone(), &files).unwrap(), (9, 9));
    house.add(10).await;
    assert_eq!(house.verdict().await, (9, Value::Null));
    files.push(house.remaining().await);
    assert_eq!(verified(key, &files).unwrap(), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_month_becomes_several_files_that_end_at_checkpoints() {
    let settings = keeping(bucket(), &[("TRAIL_ARCHIVE_ROWS", "2")]);
    let world = World::at("2026-01-05T08:00:00Z".parse().unwrap()).await;
    let mut house = House::with(world, &lent(&settings)).await;
    let db = house.world.db("audit");
    for number in 1..=8 {
        house.add(number).await;
        // The third file has no checkpoint but that which it is given.
        if [1, 3, 4, 6].contains(&number) {
            keep_end(&db).await;
        }
    }
    house.pass(31);
    house.add(9).await;
    house.pass(60);
    house.until_put_away(&[(1, 3), (4, 6), (7, 8), (9, 9)]).await;
    let mut files = Vec::new();
    for last in [3, 6, 8, 9] {
        files.push(house.archive(last).await);
    }
    assert_eq!(verified(house.public_key().await, &files).unwrap(), (9, 9));
    let kinds: Vec<Value> = files[1].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = kinds.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "row", "checkpoint", "row", "row", "checkpoint"]);
    assert_eq!(house.verdict().await, (9, Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stay_for_ever_where_nobody_says_how_long() {
    let settings = vec![("TRAIL_ARCHIVE_INTERVAL", "100ms".to_owned())];
    let mut house = three_months(&settings).await;
    house.pass(3_000);
    house.add(10).await;
    assert!(house.put_away().await.is_empty());
    assert_eq!(numbers(&house.items("/audit/events").await), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert!(!house.world.data_dir().join("archives").exists(), "nothing is opened");
    assert_eq!(house.ask(&house.admin, "/audit/archives/3").await.status(), 404);
    let ready: Value = house.ask(&house.admin, "/ready").await.json().await.unwrap();
    assert!(!ready.to_string().contains("archives"), "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_erased_are_erased_in_archives_too() {
    let house = three_months(&keeping(bucket(), &[])).await;
    house.until_put_away(&[(1, 3)]).await;
    let archive = house.archive(3).await;
    let row: Value = serde_json::from_str(archive.lines().nth(1).unwrap()).unwrap();
    let person = row["personId"].as_str().unwrap().to_owned();
    assert!(row["sealed"].is_string() && !archive.contains("The printer is on fire"));
    let db = house.world.db("audit");
    let keys = async || {
        let rows = db
            .conn()
            .query_all_raw(db.sql("SELECT personal_key FROM person_keys WHERE erased_at IS NOT NULL", []))
            .await;
        rows.unwrap()
            .iter()
            .map(|row| row.try_get::<Option<String>>("", "personal_key").unwrap())
            .collect::<Vec<_>>()
    };
    assert!(keys().await.is_empty());
    let user_id = person.parse().unwrap();
    house.world.deliver(&UserDeleted { user_id }, 1, Some(user_id)).await;
    assert_eq!(keys().await, [None], "what opens the row in the archive is no more");
    assert_eq!(house.archive(3).await, archive);
    let files = [archive, house.remaining().await];
    assert_eq!(verified(house.public_key().await, &files).unwrap(), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_away_is_not_found_any_more_and_stays_counted() {
    let house = three_months(&keeping(bucket(), &[])).await;
    house.until_put_away(&[(1, 3)]).await;
    let found = async || numbers(&house.items("/audit/search?q=printer&sort=timestamp").await);
    let db = house.world.db("audit");
    let indexed = async || {
        let count = db.sql("SELECT count(*) AS indexed FROM trail_search", []);
        let count = db.conn().query_one_raw(count).await.unwrap().unwrap();
        count.try_get::<i64>("", "indexed").unwrap()
    };
    house.world.until("nothing of them is left in the index", async || indexed().await == 6).await;
    assert_eq!(found().await, [4, 5, 6, 7, 8, 9]);

    let counted =
        "/audit/metrics?name=tickets_created&bucket=day&from=2026-01-01T00:00:00Z&to=2026-04-01T00:00:00Z";
    let counted = async || house.get(counted).await["metrics"][0]["count"].clone();
    assert_eq!(counted().await, 9);
    assert_eq!(house.post("/audit/rebuilds/metrics").await.status(), 409);
    assert_eq!(house.post("/audit/rebuilds/search").await.status(), 202);
    house.world.until("the index is made anew", async || found().await == [4, 5, 6, 7, 8, 9]).await;
    assert_eq!(counted().await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_months_go_the_trail_is_intact_at_every_moment() {
    let mut house = three_months(&keeping(bucket(), &[("TRAIL_RETENTION", "4000d")])).await;
    house.pass(60);
    let key = house.public_key().await;
    let settings = keeping(bucket(), &[]);
    let (mut looks, mut exports) = (0, 0);
    let look = async {
        while house.put_away().await.len() < 3 {
            assert_eq!(house.verdict().await.1, Value::Null);
            looks += 1;
            // What was put away while it was being written out is refused or broken off, and is no export.
            let export = reqwest::Client::new().get(format!("{}/audit/trail", house.url));
            let Ok(answer) = export.bearer_auth(&house.admin.token).send().await else { continue };
            if answer.status() == 409 {
                continue;
            }
            assert_eq!(answer.status(), 200);
            if let Ok(text) = answer.text().await {
                verified(key.clone(), [&text]).unwrap();
                exports += 1;
            }
        }
    };
    tokio::join!(look, async { serve_with(&house.world, &lent(&settings)).await });
    assert!(looks > 0 && exports > 0);
    assert_eq!(house.verdict().await, (9, Value::Null));
}
