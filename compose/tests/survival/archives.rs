//! Months of the trail are put away while the program is killed again and again: each row is in one file or still in the
//! table, and what the killed ones had written into the bucket is what the last one writes.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use audit_seed::{World, write_trail};
use s3::{Bucket, Region, creds::Credentials};
use sea_orm::{Database, DatabaseConnection};
use serde_json::Value;
use shared::{clock::Clock, config::Secret};

use crate::{
    clients::PASSWORD,
    desk::Desk,
    ledger::{count, texts},
    left_out,
    place::{Nats, Place},
    support::Launch,
    timers::Dice,
    waiting::until,
};

const ROWS: u64 = 30_000;
const MONTHS: u32 = 8;
const SECRET: &str = "what signs the trail and is not in the database";
const ADMIN: &str = "admin@example.com";
const SEED: u64 = 20_261_128;
/// The first has been ready for less than that when it is killed; each one may live a little longer than the one before, so that on a
/// busy machine too a month gets done.
const SHORT_LIFE_MS: u64 = 300;
const LONGER_MS: u64 = 40;
/// Nothing is killed so often before all is put away but what gets nowhere.
const MOST_KILLS: u64 = 200;

/// How many rows are neither in a file nor in the table, or in both.
const MISPLACED: &str = "SELECT abs((SELECT sequence FROM trail_head) - (SELECT count(*) FROM trail) \
                         - (SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM archives))::bigint";
/// The rows of months that ended 30 days ago.
const OLD: &str = "SELECT count(*) FROM trail WHERE date_trunc('month', recorded_at AT TIME ZONE 'UTC') \
                   + interval '1 month 30 days' <= now() AT TIME ZONE 'UTC'";
const BEING_MADE: &str = "SELECT count(*) FROM rebuilds WHERE finished_at IS NULL";

#[tokio::test(flavor = "multi_thread")]
async fn whenever_the_archiver_is_killed_each_row_is_in_a_file_or_in_the_table() {
    let Some(place) = Place::real().await else { return left_out() };
    let (Some(buckets), Some(psql)) = (place.buckets(), Place::psql()) else { return left_out() };
    println!("the seed is {SEED}");
    let mut dice = Dice(SEED);
    let _nats = Nats::start(&place).await;
    let launch = buckets.iter().fold(place.launch(), |launch, (key, value)| launch.with(key, value));
    let launch =
        launch.with("AUDIT_SECRET", SECRET).with("ADMIN_EMAIL", ADMIN).with("ADMIN_PASSWORD", PASSWORD);
    let migrated = launch.clone().arguments(&["migrate"]).ended().await;
    assert!(migrated.status.success(), "{}", migrated.stderr);
    fill(&psql, &place.database("audit"), &place.folder("seed"));
    let audit = Database::connect(place.database("audit")).await.expect("the database is there");
    // What is searched is made first, and keeps its rows meanwhile.
    let helpdesk = launch.ready().await;
    until("what is searched is made", || async { count(&audit, BEING_MADE).await == 0 }).await;
    assert!(helpdesk.stop().await.status.success());

    let archiving = launch
        .clone()
        .with("TRAIL_RETENTION", "30d")
        .with("TRAIL_ARCHIVE_INTERVAL", "100ms")
        .with("TRAIL_ARCHIVE_ROWS", "1000");
    let (bucket, began) = (bucket(buckets), Instant::now());
    let (mut kills, mut in_between) = (0_u64, 0);
    while count(&audit, OLD).await > 0 {
        assert!(kills < MOST_KILLS, "old months do not go");
        let helpdesk = archiving.ready().await;
        let life = Duration::from_millis(dice.below(SHORT_LIFE_MS + kills * LONGER_MS));
        let ready = Instant::now();
        until("its time has come", || async { ready.elapsed() >= life }).await;
        helpdesk.kill();
        kills += 1;
        assert_eq!(count(&audit, MISPLACED).await, 0, "rows after {kills} kills");
        in_between += usize::from(!objects(&bucket).await.is_subset(&files(&audit).await));
    }
    println!("{kills} kills within {:.1?}, {in_between} with a month on its way", began.elapsed());
    assert!(in_between > 0, "kills that hit nothing show nothing");

    let helpdesk = launch.ready().await;
    let desk = Desk::enter(helpdesk.url(), ADMIN).await;
    let verdict: Value = serde_json::from_str(&desk.told("/audit/verify").await).expect("JSON");
    assert_eq!(verdict["isIntact"], true, "{verdict}");
    let files = files(&audit).await;
    assert_eq!(objects(&bucket).await, files, "what was written twice is one object");
    are_one_chain(&bucket, &files, &desk, &launch, &place.folder("outside")).await;
    assert!(helpdesk.stop().await.status.success());
    place.clean().await;
}

/// Gives audit a trail of some months.
fn fill(psql: &Path, database: &str, folder: &Path) {
    let script = folder.join("trail.sql");
    let mut to = BufWriter::new(File::create(&script).expect("a file can be made"));
    let (mut world, secret) = (World::new(SEED, 200), Secret::new(SECRET));
    write_trail(&mut world, &secret, ROWS, MONTHS, Clock::system().now(), &mut to)
        .and_then(|()| Ok(to.flush()?))
        .expect("a trail can be made up");
    let mut psql = Command::new(psql);
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file"]).arg(&script);
    assert!(psql.arg(database).stdout(Stdio::null()).status().expect("psql can be called").success());
}

/// The files that the database knows of.
async fn files(audit: &DatabaseConnection) -> BTreeSet<String> {
    texts(audit, "SELECT object FROM archives").await.into_iter().collect()
}

/// The bucket of the archives.
fn bucket(settings: &[(&str, String)]) -> Bucket {
    let value = |name: &str| {
        settings.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str()).expect("it is set")
    };
    let region = Region::Custom { region: "us-east-1".to_owned(), endpoint: value("S3_ENDPOINT").to_owned() };
    let keys = Credentials::new(Some(value("S3_ACCESS_KEY")), Some(value("S3_SECRET_KEY")), None, None, None);
    let bucket = Bucket::new(value("S3_BUCKET_AUDIT"), region, keys.expect("keys")).expect("a bucket");
    *bucket.with_path_style()
}

/// What is in it.
async fn objects(bucket: &Bucket) -> BTreeSet<String> {
    let pages = bucket.list(String::new(), None).await.expect("the bucket can be read");
    pages.into_iter().flat_map(|page| page.contents).map(|object| object.key).collect()
}

/// By the verdict of an outsider, who has the files, what remains and the public key.
async fn are_one_chain(
    bucket: &Bucket,
    files: &BTreeSet<String>,
    desk: &Desk,
    launch: &Launch,
    outside: &Path,
) {
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(outside.join(name), bytes).expect("a file can be made");
    for name in files {
        write(name, bucket.get_object(name).await.expect("the file is there").as_slice());
    }
    write("trail.jsonl", desk.told("/audit/trail").await.as_bytes());
    write("key.pem", desk.told("/audit/public-key").await.as_bytes());
    let names = files.iter().map(String::as_str);
    let verify: Vec<&str> =
        ["audit", "verify"].into_iter().chain(names).chain(["trail.jsonl", "--key", "key.pem"]).collect();
    let verdict = launch.clone().moved(outside).arguments(&verify).ended().await;
    assert_eq!(verdict.status.code(), Some(0), "{}{}", verdict.stdout, verdict.stderr);
}
