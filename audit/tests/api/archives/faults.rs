//! Somebody touches what was put away, or something is away or in the way: nothing is lost, and nothing goes unseen.

use std::io::Write;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{
    blobs::{Blobs, S3Server, Spool, Storage},
    config::Secret,
};

use super::{Settings, bucket, keeping, lent, three_months, verified};
use crate::{House, numbers, serve_with};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_touched_an_archive_or_what_remains_is_found_out() {
    let settings = keeping(bucket(), &[]);
    let house = three_months(&settings).await;
    house.until_put_away(&[(1, 3)]).await;
    let (key, archive, rest) = (house.public_key().await, house.archive(3).await, house.remaining().await);
    assert!(verified(key.clone(), [&archive, &rest]).is_ok());
    let lines: Vec<_> = archive.lines().collect();
    for place in 0..lines.len() {
        let without = [&lines[..place], &lines[place + 1..]].concat().join("\n");
        // What the rest begins with stands for the last line, the checkpoint.
        let is_found = verified(key.clone(), [&without, &rest]).is_err();
        assert_eq!(is_found, place + 1 < lines.len(), "without line {place}");
        assert!(verified(key.clone(), [&without]).is_err(), "without line {place}, by itself");
        let altered = lines[place].replace("HIGH", "LOW").replace("\"sequence\":3", "\"sequence\":2");
        let changed = [&lines[..place], &[altered.as_str()], &lines[place + 1..]].concat().join("\n");
        assert_eq!(verified(key.clone(), [&changed, &rest]).is_err(), altered != lines[place], "{place}");
    }
    assert!(verified(key, [&archive, &rest.replacen("HIGH", "LOW", 1)]).is_err());

    // The file in the bucket is another one.
    let object = house.items("/audit/archives").await[0]["object"].as_str().unwrap().to_owned();
    replace(&house, &settings, &object).await;
    assert_eq!(house.ask(&house.admin, "/audit/archives/3").await.status(), 500);

    // In the database: an archive that nobody signed, and rows that went without one.
    let touch = "UPDATE archives SET object = 'another' WHERE last_sequence = 3";
    let db = house.world.db("audit");
    let refused = db.conn().execute_unprepared(touch).await.unwrap_err().to_string();
    assert!(refused.contains("never changed or deleted"), "{refused}");
    for sql in ["DELETE FROM archives", "DELETE FROM checkpoints", "UPDATE checkpoints SET hash = ''"] {
        assert!(db.conn().execute_unprepared(sql).await.is_err(), "{sql}");
    }
    house.sql("DROP TRIGGER archives_are_not_changed", "ALTER TABLE archives DISABLE TRIGGER ALL").await;
    db.conn().execute_unprepared(touch).await.unwrap();
    assert_eq!(house.verdict().await, (3, json!("not_archived")));
}

/// Puts something else into the bucket under the name of an archive.
async fn replace(house: &House, settings: &Settings, object: &str) {
    let mut other = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    other.write_all(b"{\"kind\":\"start\",\"behind\":null}\n").unwrap();
    let other = other.finish().unwrap();
    let set = |name| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    let Some(endpoint) = set("S3_ENDPOINT") else {
        let file = house.world.data_dir().join("archives").join("helpdesk-audit-archives").join(object);
        assert!(file.is_file());
        return std::fs::write(file, other).unwrap();
    };
    let server = S3Server::At {
        endpoint,
        region: "us-east-1".to_owned(),
        access_key: set("S3_ACCESS_KEY").unwrap(),
        secret_key: Secret::new(set("S3_SECRET_KEY").unwrap()),
        path_style: true,
    };
    let patience = std::time::Duration::from_secs(5);
    let storage = Storage { server, public_endpoint: None, patience, workers: 1 };
    let name = set("S3_BUCKET_AUDIT").unwrap();
    let [bucket] = Blobs::open("test", &storage, [&name], &house.world.process().lifecycle).await.unwrap();
    let mut file = Spool::open(house.world.data_dir()).unwrap().begin().await.unwrap();
    file.write(&other).await.unwrap();
    bucket.put(object, &file.finish().await.unwrap(), "application/gzip").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_somebody_touched_do_not_go() {
    let mut house = three_months(&keeping(bucket(), &[])).await;
    house.until_put_away(&[(1, 3)]).await;
    house
        .sql(
            "DROP TRIGGER trail_is_not_changed",
            "ALTER TABLE trail DISABLE TRIGGER ALL; GRANT ALL ON trail TO CURRENT_USER",
        )
        .await;
    house
        .sql(
            "UPDATE trail SET user_id = NULL WHERE sequence = 5",
            "UPDATE trail SET user_id = NULL WHERE sequence = 5",
        )
        .await;
    house.pass(20);
    house.until_it_failed_again().await;
    assert_eq!(house.put_away().await, [(1, 3)]);
    assert_eq!(numbers(&house.items("/audit/events").await), [4, 5, 6, 7, 8, 9]);
    assert_eq!(house.verdict().await, (3, json!("changed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_lets_no_row_go_that_is_not_in_an_archive() {
    let house = three_months(&keeping(bucket(), &[])).await;
    house.until_put_away(&[(1, 3)]).await;
    let db = house.world.db("audit");
    let sql = match db.is_postgres() {
        true => "SELECT drop_trail_partition('2026-02-01T00:00:00Z')",
        false => "DELETE FROM trail WHERE sequence = 4",
    };
    let refused = db.conn().execute_unprepared(sql).await.unwrap_err().to_string();
    assert!(refused.contains("never changed or deleted"), "{refused}");
    assert_eq!(house.verdict().await, (3, Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_between_the_bucket_and_the_database_is_done_again() {
    let settings = keeping(bucket(), &[]);
    let mut house = three_months(&settings).await;
    house.until_put_away(&[(1, 3)]).await;
    // The file is written, and the rows cannot go.
    house
        .sql(
            "CREATE TRIGGER in_the_way BEFORE INSERT ON archives BEGIN SELECT RAISE(ABORT, 'in the way'); END",
            "CREATE FUNCTION in_the_way() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'in the way'; END $$; \
             CREATE TRIGGER in_the_way BEFORE INSERT ON archives FOR EACH ROW EXECUTE FUNCTION in_the_way()",
        )
        .await;
    house.pass(20);
    house.until_it_failed_again().await;
    assert_eq!(numbers(&house.items("/audit/events").await), [4, 5, 6, 7, 8, 9]);
    assert_eq!(house.verdict().await, (3, Value::Null));
    house.sql("DROP TRIGGER in_the_way", "DROP TRIGGER in_the_way ON archives").await;
    house.until_put_away(&[(1, 3), (4, 7)]).await;
    let files = [house.archive(3).await, house.archive(7).await, house.remaining().await];
    assert_eq!(verified(house.public_key().await, &files).unwrap(), (9, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_bucket_away_nothing_is_lost_and_it_is_tried_until_it_is_back() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let away = vec![
        ("S3_ENDPOINT", nowhere),
        ("S3_ACCESS_KEY", "key".to_owned()),
        ("S3_SECRET_KEY", "secret".to_owned()),
    ];
    let house = three_months(&keeping(away, &[])).await;
    house.until_it_failed_again().await;
    assert!(house.put_away().await.is_empty());
    assert_eq!(numbers(&house.items("/audit/events").await), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(house.verdict().await, (0, Value::Null));
    // Whoever finds it does it, with the others still trying.
    let url = serve_with(&house.world, &lent(&keeping(bucket(), &[]))).await;
    house.until_put_away(&[(1, 3)]).await;
    assert_eq!(house.ask(&house.admin, "/audit/archives/3").await.status(), 503);
    let house = House { url, ..house };
    let files = [house.archive(3).await, house.remaining().await];
    assert_eq!(verified(house.public_key().await, &files).unwrap(), (9, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_replicas_that_work_at_once_each_month_is_put_away_by_one() {
    // Rows stay until all is set, so that both find the same months at once.
    let settings = keeping(bucket(), &[("AUDIT_SECRET", "0123456789abcdef0123456789abcdef")]);
    let mut house = three_months(&settings).await;
    house.until_put_away(&[(1, 3)]).await;
    // An embedded store has one process, so there each has its own.
    let own = tempfile::tempdir().unwrap();
    let mut other = settings.clone();
    if bucket().is_empty() {
        let sources = house.world.sources("audit").await;
        let url = audit::Config::read(&sources).unwrap().common.database.url.expose().to_owned();
        other.extend([("DATABASE_URL", url), ("HELPDESK_DATA_DIR", own.path().display().to_string())]);
    }
    let url = serve_with(&house.world, &lent(&other)).await;
    house.pass(60);
    house.until_put_away(&[(1, 3), (4, 7), (8, 9)]).await;
    house.add(10).await;
    assert_eq!(house.verdict().await, (9, Value::Null));
    if !bucket().is_empty() {
        for url in [url, house.url.clone()] {
            house.url = url;
            let mut files = vec![house.archive(3).await, house.archive(7).await, house.archive(9).await];
            files.push(house.remaining().await);
            assert_eq!(verified(house.public_key().await, &files).unwrap(), (10, 10));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_the_trail_for_long_is_not_disturbed_and_holds_nobody_up() {
    let mut house = three_months(&keeping(bucket(), &[])).await;
    house.until_put_away(&[(1, 3)]).await;
    let db = house.world.db("audit");
    if !db.is_postgres() {
        return; // There rows go by versions, and nobody waits for readers.
    }
    let reader = db.read().await.unwrap();
    let count = async || {
        let row =
            reader.query_one_raw(db.sql("SELECT count(*) AS rows FROM trail", [])).await.unwrap().unwrap();
        row.try_get::<i64>("", "rows").unwrap()
    };
    assert_eq!(count().await, 6);
    // Still in March: for the first row of a month its table is made, and that waits for readers.
    house.pass(11);
    house.until_it_failed_again().await;
    house.add(10).await;
    assert_eq!(numbers(&house.items("/audit/events").await), [4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(count().await, 6);
    reader.rollback().await.unwrap();
    house.until_put_away(&[(1, 3), (4, 7)]).await;
    assert_eq!(house.verdict().await, (7, Value::Null));
}
