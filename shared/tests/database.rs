//! Connections of a service's database: questions keep theirs, and transactions have their turn all the same. And what is asked.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{
    FutureExt,
    future::{join_all, try_join_all},
};
use sea_orm::{ConnectionTrait, DbErr};
use shared::{
    db::{Db, Row},
    testing::World,
};
use tracing::{Instrument, info_span, span::Id};
use tracing_subscriber::{Layer, Registry, layer::Context, layer::SubscriberExt, registry::LookupSpan};

const CONNECTIONS: u32 = 4;

/// A database of this world with few connections.
async fn open(world: &World) -> Db {
    let mut config = world.common("tickets").await.database;
    config.max_connections = CONNECTIONS;
    Db::open(&config, world.clock().clone()).await.unwrap()
}

/// The same; `None` on SQLite, which has no server that one would be connected to.
async fn database(world: &World) -> Option<Db> {
    Some(open(world).await).filter(Db::is_postgres)
}

/// The server's process at the other end of a connection, once it has been busy for a while.
async fn pid(conn: &impl ConnectionTrait, db: &Db) -> Result<i32, DbErr> {
    let row = conn.query_one_raw(db.sql("SELECT pg_backend_pid() AS pid, pg_sleep(0.02)", [])).await?;
    row.unwrap().try_get("", "pid")
}

/// As many questions at once as there are connections; who answered them.
async fn ask_all_at_once(db: &Db) -> BTreeSet<i32> {
    let asked = (0..CONNECTIONS).map(|_| pid(db.conn(), db));
    try_join_all(asked).await.unwrap().into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_question_is_asked_on_the_connection_that_has_just_answered() {
    let world = World::start().await;
    let Some(db) = database(&world).await else { return };
    assert_eq!(ask_all_at_once(&db).await.len(), CONNECTIONS as usize);
    // The pool would give out the one that has rested the longest, so never the same twice running.
    let (mut before, mut same) = (0, 0);
    for _ in 0..20 {
        let answering = pid(db.conn(), &db).await.unwrap();
        same += usize::from(answering == before);
        before = answering;
    }
    assert!(same > 10, "{same} of 20");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_get_all_connections_that_questions_have_kept() {
    let world = World::start().await;
    let Some(db) = database(&world).await else { return };
    let kept = ask_all_at_once(&db).await;
    let begun = try_join_all((0..CONNECTIONS).map(|_| db.begin())).await.unwrap();
    let used = try_join_all(begun.iter().map(|tx| pid(&**tx, &db))).await.unwrap();
    assert_eq!(used.into_iter().collect::<BTreeSet<_>>(), kept, "none had to be opened");
    drop(begun);
    // One that is back early may answer twice.
    assert!(ask_all_at_once(&db).await.is_subset(&kept));
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_questions_and_transactions_at_once_all_have_their_turn() {
    let world = World::start().await;
    let Some(db) = database(&world).await else { return };
    let questions = join_all((0..40).map(|_| pid(db.conn(), &db)));
    let transactions = join_all((0..20).map(|_| async {
        let tx = db.begin().await?;
        let pid = pid(&*tx, &db).await?;
        tx.commit().await.map(|()| pid)
    }));
    let (asked, written) = tokio::join!(questions, transactions);
    let used: BTreeSet<i32> = asked.into_iter().chain(written).map(Result::unwrap).collect();
    assert!(used.len() <= CONNECTIONS as usize, "{used:?}");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_ended_or_not_answered_to_the_end_is_kept_by_nobody() {
    let world = World::start().await;
    let Some(db) = database(&world).await else { return };
    let before = ask_all_at_once(&db).await;
    // Given up with the answer still to come.
    for _ in 0..CONNECTIONS {
        assert!(pid(db.conn(), &db).now_or_never().is_none());
    }
    assert!(ask_all_at_once(&db).await.is_subset(&before));
    // By the server.
    let tx = db.begin().await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
               AND datname = current_database() AND application_name = 'helpdesk-tickets'";
    tx.rows(end, []).await.unwrap();
    drop(tx);
    // Whoever asks on such a one finds out, once.
    join_all((0..CONNECTIONS).map(|_| pid(db.conn(), &db))).await;
    let after = ask_all_at_once(&db).await;
    assert!(after.intersection(&before).count() <= 1, "{before:?} {after:?}");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_on_which_was_committed_is_kept_and_none_stays_in_a_transaction_that_nobody_has() {
    let world = World::start().await;
    let Some(db) = database(&world).await else { return };
    ask_all_at_once(&db).await;
    let tx = db.begin().await.unwrap();
    let part = tx.begin().await.unwrap();
    let committing = pid(&part, &db).await.unwrap();
    drop(part);
    tx.commit().await.unwrap();
    assert_eq!(pid(db.conn(), &db).await.unwrap(), committing);

    let whole = db.begin().await.unwrap();
    let part = whole.begin().await.unwrap();
    whole.commit().await.expect_err("it would be the part that is committed");
    drop(part);

    // Given up at the beginning, after it, and at the end, mostly before there was an answer.
    for _ in 0..10 {
        drop(db.begin().now_or_never());
        drop(db.read().now_or_never());
        drop(db.begin().await.unwrap());
        drop(db.begin().await.unwrap().commit().now_or_never());
    }
    let left_open = "SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() \
                AND application_name = 'helpdesk-tickets' AND state LIKE 'idle in transaction%'";
    let none = || async { db.conn().query_one_raw(db.sql(left_open, [])).await.unwrap().is_none() };
    world.until("no transaction is open", none).await;
    // What is written by itself stays, on whichever connection.
    db.conn().execute_unprepared("CREATE TABLE notes (number BIGINT)").await.unwrap();
    let numbers = (0..2 * CONNECTIONS).map(i64::from);
    let written = numbers.map(|number| db.run("INSERT INTO notes VALUES ($1)", [number.into()]));
    try_join_all(written).await.unwrap();
    db.close().await;
    let db = open(&world).await;
    let row =
        db.conn().query_one_raw(db.sql("SELECT count(*) AS count FROM notes", [])).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "count").unwrap(), i64::from(2 * CONNECTIONS));
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_read_by_their_places_and_as_what_they_are() {
    let world = World::start().await;
    let db = open(&world).await;
    let asked = "SELECT CAST('one' AS TEXT), CAST(NULL AS TEXT), CAST(2 AS BIGINT)";
    let found = db.conn().query_one_raw(db.sql(asked, [])).await.unwrap().unwrap();
    let row = Row::of(&found).unwrap();
    assert_eq!(row.get::<&str>(0).unwrap(), "one");
    assert_eq!(row.get_if_any::<String>(1).unwrap(), None);
    assert_eq!(row.get::<i64>(2).unwrap(), 2);
    row.get::<&str>(1).expect_err("nothing is no text");
    row.get::<i64>(0).expect_err("a text is no number");
    row.get::<&str>(3).expect_err("there are three");
    db.close().await;
}

/// Counts how often spans are entered.
#[derive(Clone, Default)]
struct Entered(Arc<AtomicUsize>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Entered {
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_is_not_entered_again_for_each_row() {
    let world = World::start().await;
    let Some(db) = database(&world).await else { return };
    let entered = Entered::default();
    let _listening = tracing::subscriber::set_default(Registry::default().with(entered.clone()));
    let asked = async || {
        let thousand = || db.sql("SELECT generate_series(1, 1000)", []);
        let tx = db.begin().await?;
        Ok::<_, DbErr>((db.conn().query_all_raw(thousand()).await?, tx.query_all_raw(thousand()).await?))
    };
    let (alone, in_transaction) = asked().instrument(info_span!("request")).await.unwrap();
    assert_eq!((alone.len(), in_transaction.len()), (1000, 1000));
    let entered = entered.0.load(Ordering::Relaxed);
    assert!((1..100).contains(&entered), "{entered} times");
    db.close().await;
}
