//! Stopped at any moment, on either database.

use shared::{
    blobs::{S3Server, Storage},
    events::TicketCreated,
    ids::{TicketId, UserId},
    testing::World,
};

use super::*;
use crate::domain::Draft;

const MONTHS: usize = 4;
const ROWS: i64 = 25;

async fn archiver(world: &World) -> Archiver {
    let (app, process) = (App::of(world).await, world.process());
    app.keep_rebuilding(&process.lifecycle);
    world
        .until("nothing is being made anew", async || {
            app.rebuilds().await.unwrap().iter().all(|it| it.finished_at.is_some())
        })
        .await;
    let server = S3Server::Embedded { directory: world.data_dir().join("archives") };
    let storage = Storage { server, public_endpoint: None, patience: Duration::from_secs(5), workers: 1 };
    let [bucket] = Blobs::open("audit", &storage, ["archives"], &process.lifecycle).await.unwrap();
    Archiver {
        app,
        bucket,
        spool: Spool::open(&world.data_dir().join("spool")).unwrap(),
        keep: TimeDelta::days(30),
        every: Duration::from_secs(600),
        rows: 10,
    }
}

async fn record(world: &World, app: &App) {
    let now = world.clock().now();
    let event = TicketCreated {
        ticket_id: TicketId::at(now),
        ticket_number: "HD-000001".to_owned(),
        title: "The printer is on fire".to_owned(),
        priority: "HIGH".to_owned(),
        category: "hardware".to_owned(),
        user_id: UserId::at(now),
        due_date: now,
    };
    let tx = app.db.begin().await.unwrap();
    let draft = Draft::of(&world.envelope(&event, 1, None)).unwrap();
    app.recorder().record(&tx, &[&draft], now).await.unwrap();
    tx.commit().await.unwrap();
    world.clock().advance(TimeDelta::minutes(1));
}

/// Every row is in the table or in an archive, once, and every archive is in the bucket as it is said to be.
async fn nothing_is_lost(archiver: &Archiver, rows: i64) {
    let verdict = archiver.app.verify(0).await.unwrap();
    assert_eq!(verdict.fault, None);
    assert_eq!(verdict.head.sequence, rows);
    // A commit that was not waited for may still be under way: so of one moment.
    let conn = archiver.app.db.read().await.unwrap();
    store::keep_still(&conn).await.unwrap();
    let mut next = 1;
    for archive in store::archives(&conn, 0, 1_000).await.unwrap() {
        assert_eq!(archive.contents.first_sequence, next);
        next = archive.contents.last_sequence + 1;
        let bytes = archiver.bucket.get(&archive.contents.object, None).await.unwrap();
        let bytes: Vec<_> = bytes.map(Result::unwrap).collect().await;
        assert_eq!(hex::encode(Sha256::digest(bytes.concat())), archive.contents.file_hash);
    }
    let feed = store::feed(&conn, 0, 1_000).await.unwrap();
    let there: Vec<_> = feed.iter().map(|link| link.sequence).collect();
    assert_eq!(there, (next..=rows).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_is_stopped_nothing_is_lost_and_the_next_one_ends_it() {
    let world = World::at("2026-01-05T08:00:00Z".parse().unwrap()).await;
    let archiver = archiver(&world).await;
    let mut rows = 0;
    for month in 0..MONTHS {
        for row in 0..ROWS {
            record(&world, &archiver.app).await;
            rows += 1;
            if row % (3 + month as i64) == 0 {
                archiver.app.keep_checkpoint().await.unwrap();
            }
        }
        world.clock().advance(TimeDelta::days(31));
    }
    world.clock().advance(TimeDelta::days(31));
    // Each time it gets a little further than the last.
    let (mut stops, mut time) = (0, Duration::ZERO);
    loop {
        match tokio::time::timeout(time, archiver.put_away_a_month()).await {
            Ok(Ok(false)) => break,
            Ok(Ok(true)) => time = Duration::ZERO,
            Ok(Err(error)) => panic!("{error:#}"),
            Err(_) => {
                stops += 1;
                time += Duration::from_micros(700);
            }
        }
        nothing_is_lost(&archiver, rows).await;
    }
    assert!(stops > MONTHS, "it was stopped {stops} times");
    nothing_is_lost(&archiver, rows).await;
    assert_eq!(store::oldest(archiver.app.db.conn()).await.unwrap(), None, "all months were old enough");
}
