//! What is counted, on either database.

use chrono::TimeDelta;
use futures_util::future::try_join_all;
use proptest::{prelude::*, test_runner::TestRunner};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use shared::{
    db::Db,
    events::Envelope,
    ids::{EventId, uuid_at},
    testing::World,
};
use tokio::{runtime::Handle, task::block_in_place};

use super::*;
use crate::{
    domain::{Aspect, Bucket, Span, measures},
    store,
};

/// Events about the borders of hours, days, weeks, months and years, of several types and people.
fn events() -> Vec<Envelope> {
    let borders = [
        "2025-12-31T23:59:59.999999Z",
        "2026-01-01T00:00:00Z",
        "2026-02-28T23:59:59.999Z",
        "2026-03-01T00:00:00Z",
        "2026-03-01T00:59:59.999999Z",
        "2026-03-01T01:00:00Z",
        "2026-03-01T23:30:00Z",
        "2026-03-02T00:00:00Z",
        "2026-03-15T12:00:00Z",
        "2026-03-31T23:00:00Z",
        "2026-04-01T00:00:00Z",
    ];
    let people = ["01999b1e-0000-7000-8000-00000000000a", "01999b1e-0000-7000-8000-00000000000b"];
    let event = |(number, border): (usize, &str)| {
        let at: Timestamp = border.parse().unwrap();
        let opened = uuid_at(at - TimeDelta::minutes(number as i64 * 7 + 1));
        let (event_type, data) = match number % 3 {
            0 => (
                "user.login_failed",
                json!({ "userId": null, "emailHash": "ab", "reason": "locked", "ip": null, "userAgent": null }),
            ),
            1 => (
                "ticket.status_changed",
                json!({
                    "ticketId": opened, "ticketNumber": "HD-000001", "title": "Printer", "userId": people[0],
                    "assignedTo": null, "oldStatus": "IN_PROGRESS", "newStatus": "RESOLVED", "comment": null,
                    "changes": [],
                }),
            ),
            _ => ("robot.moved", json!({})),
        };
        let envelope = json!({
            "eventId": EventId::at(at), "eventType": event_type, "schemaVersion": 1, "source": "auth",
            "timestamp": at, "userId": people.get(number % 4), "aggregateId": opened, "aggregateVersion": 1,
            "sequence": 1, "correlationId": null, "causationId": null, "data": data,
        });
        serde_json::from_value(envelope).unwrap()
    };
    borders.into_iter().cycle().take(44).enumerate().map(event).collect()
}

async fn world() -> (World, Db) {
    let world = World::at("2026-04-02T08:00:00Z".parse().unwrap()).await;
    let db = world.open::<migrations::audit::Migrator>("audit").await;
    (world, db)
}

async fn count(db: &Db, events: &[&Envelope]) {
    let tx = db.begin().await.unwrap();
    add(&tx, &measures(events.iter().copied())).await.unwrap();
    tx.commit().await.unwrap();
}

async fn forget(db: &Db) {
    let tx = db.begin().await.unwrap();
    clear(&tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// Makes the standings anew, up to a moment.
async fn add_up(db: &Db, now: Timestamp) {
    let tx = db.begin().await.unwrap();
    standings::forget_all(&tx).await.unwrap();
    while standings::advance(&tx, now).await.unwrap() {}
    tx.commit().await.unwrap();
}

/// The whole table.
async fn table(db: &Db) -> Vec<(Vec<String>, Timestamp, Vec<Option<i64>>)> {
    let sql = format!("SELECT {} FROM metrics", ADD.columns.map(|(name, _)| name).join(", "));
    let statement = Statement::from_string(db.conn().get_database_backend(), sql);
    let rows = db.conn().query_all_raw(statement).await.unwrap();
    let row = |row: &sea_orm::QueryResult| {
        let text = |column: &&str| row.try_get::<String>("", column).unwrap();
        let number = |column: &&str| row.try_get::<Option<i64>>("", column).unwrap();
        let key = ["grain", "dimension", "name", "value"].iter().map(text).collect();
        (
            key,
            row.try_get("", "starts_at").unwrap(),
            ADD.columns[5..].iter().map(|(name, _)| number(name)).collect(),
        )
    };
    let mut rows: Vec<_> = rows.iter().map(row).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_and_any_portions_of_the_same_events_give_the_same_table() {
    let (_world, db) = world().await;
    let events = events();
    count(&db, &events.iter().collect::<Vec<_>>()).await;
    let expected = table(&db).await;
    assert!(expected.len() > 100, "{}", expected.len());

    let order = Just((0..events.len()).collect::<Vec<_>>()).prop_shuffle();
    let portions = prop::collection::vec(1..12_usize, events.len());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() });
    block_in_place(|| {
        runner.run(&(order, portions), |(order, portions)| {
            let found = Handle::current().block_on(async {
                forget(&db).await;
                let mut left: Vec<_> = order.iter().map(|index| &events[*index]).collect();
                for portion in portions {
                    let next: Vec<_> = left.drain(..portion.min(left.len())).collect();
                    count(&db, &next).await;
                }
                assert!(left.is_empty());
                table(&db).await
            });
            prop_assert_eq!(found, expected.clone());
            Ok(())
        })
    })
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_over_any_time_is_what_happened_in_it() {
    let (_world, db) = world().await;
    let events = events();
    count(&db, &events.iter().collect::<Vec<_>>()).await;
    let start: Timestamp = "2025-12-30T00:00:00Z".parse().unwrap();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() });
    block_in_place(|| {
        let asked = (0..2_400_i64, 1..2_400_i64, any::<bool>(), -1..100_i64);
        runner.run(&asked, |(first, hours, by_hour, days_over)| {
            let from = start + TimeDelta::hours(first);
            let (bucket, hours) =
                if by_hour { (Bucket::Hour, hours % 700 + 1) } else { (Bucket::Day, hours) };
            let asked = (Some(from), Some(from + TimeDelta::hours(hours)));
            let span = Span::by(bucket, asked, TimeDelta::days(1), from).unwrap();
            let within = |event: &&Envelope| (span.from()..span.to()).contains(&event.timestamp);
            let within: Vec<_> = events.iter().filter(within).collect();
            let resolved = within.iter().filter(|event| event.event_type == "ticket.status_changed").count();
            let mut people = BTreeMap::<_, i64>::new();
            within.iter().filter_map(|it| it.user_id).for_each(|it| *people.entry(it).or_default() += 1);
            let mut greatest: Vec<_> = people.iter().map(|(it, count)| (it.to_string(), *count)).collect();
            greatest.sort_by_key(|(_, count)| -count);
            let (all, by_user, course) = Handle::current().block_on(async {
                add_up(&db, start + TimeDelta::days(days_over)).await;
                let all = store::totals(db.conn(), &span).await.unwrap();
                let by_user =
                    store::parts(db.conn(), &span, "events_recorded", Aspect::User, 9).await.unwrap();
                let names = ["tickets_resolved"];
                let course = store::course(db.conn(), &span, bucket.grain(), &names, None).await.unwrap();
                (all, by_user, course)
            });
            let sum = |name: &str| {
                all.iter().find(|(it, _)| it == name).map_or(Tally::default(), |(_, tally)| *tally)
            };
            prop_assert_eq!(sum("events_recorded").count as usize, within.len());
            prop_assert_eq!(sum("tickets_resolved").count as usize, resolved);
            let told = course.into_iter().map(|(_, _, tally)| tally).fold(Tally::default(), Tally::and);
            prop_assert_eq!(told, sum("tickets_resolved"));
            prop_assert_eq!((by_user.greatest, by_user.count as usize), (greatest, people.len()));
            Ok(())
        })
    })
    .unwrap();
}

/// The ends of the days that are added up.
async fn added_up(db: &Db) -> Vec<String> {
    let rows =
        db.conn().query_all_raw(db.sql("SELECT until FROM standings ORDER BY until", [])).await.unwrap();
    rows.iter().map(|row| row.try_get::<Timestamp>("", "until").unwrap().date_naive().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_is_in_every_standing_or_the_standing_goes() {
    let (_world, db) = world().await;
    let events = events();
    let [mut early, mut late] = [0, 1].map(|number| events[number].clone());
    early.timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    late.timestamp = "2026-03-03T23:59:59Z".parse().unwrap();
    count(&db, &[&early, &late]).await;
    add_up(&db, "2026-03-04T00:00:00Z".parse().unwrap()).await;
    assert_eq!(
        added_up(&db).await,
        ["2026-03-01", "2026-03-02", "2026-03-04"],
        "a day without anybody has none"
    );

    // Nobody caused it: the standings hold as they are.
    let mut robot = events[3].clone();
    assert_eq!(robot.user_id, None);
    robot.timestamp = early.timestamp;
    count(&db, &[&robot]).await;
    assert_eq!(added_up(&db).await.len(), 3);

    let mut between = early.clone();
    between.timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    count(&db, &[&between]).await;
    assert_eq!(added_up(&db).await, ["2026-03-01", "2026-03-02"]);
    between.timestamp = "2026-02-28T23:00:00Z".parse().unwrap();
    count(&db, &[&between]).await;
    assert_eq!(added_up(&db).await, [""; 0]);
    forget(&db).await;
    count(&db, &[&early]).await;
    add_up(&db, late.timestamp).await;
    forget(&db).await;
    assert_eq!(added_up(&db).await, [""; 0], "what is counted anew is added up anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn standings_that_a_release_without_them_has_added_behind_are_found_out() {
    let (_world, db) = world().await;
    let events = events();
    count(&db, &events.iter().collect::<Vec<_>>()).await;
    add_up(&db, "2026-04-02T00:00:00Z".parse().unwrap()).await;
    let are_wrong = async || {
        let tx = db.begin().await.unwrap();
        let wrong = standings::forget_wrong(&tx).await.unwrap();
        tx.commit().await.unwrap();
        wrong
    };
    assert!(!are_wrong().await);
    let kept = added_up(&db).await;
    assert!(kept.len() > 5, "{kept:?}");

    // Its rows come, and no standing goes.
    let behind = "UPDATE metrics SET count = count + 1 WHERE dimension = 'user' AND starts_at < '2026-02-01'";
    assert!(db.run(behind, []).await.unwrap() > 0);
    assert!(are_wrong().await);
    assert_eq!(added_up(&db).await, [""; 0]);
    assert!(!are_wrong().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_count_at_the_same_time_wait_for_each_other_and_lose_nothing() {
    let (_world, db) = world().await;
    let events = events();
    let forwards: Vec<_> = events.iter().collect();
    let backwards: Vec<_> = forwards.iter().rev().copied().collect();
    try_join_all((0..8).map(|number| {
        let events = if number % 2 == 0 { &forwards } else { &backwards };
        let db = &db;
        async move {
            let tx = db.begin().await?;
            add(&tx, &measures(events.iter().copied())).await?;
            tx.commit().await
        }
    }))
    .await
    .unwrap();
    let found = table(&db).await;
    forget(&db).await;
    assert_eq!(table(&db).await, []);
    count(&db, &forwards.repeat(8)).await;
    assert_eq!(table(&db).await, found);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_refused_for_its_age_or_its_words() {
    let (_world, db) = world().await;
    let mut event = events().remove(0);
    for year in [1970, 1999, 2024, 2025, 2044, 2045, 9999] {
        event.timestamp = format!("{year}-06-01T12:00:00Z").parse().unwrap();
        event.event_type = format!("{}.{}", "\u{1f5a8}".repeat(60), "'\"\0".repeat(40));
        count(&db, &[&event]).await;
        let (from, to) = (event.timestamp, event.timestamp + TimeDelta::hours(1));
        let span = Span::by(Bucket::Hour, (Some(from), Some(to)), TimeDelta::days(1), to).unwrap();
        let totals = store::totals(db.conn(), &span).await.unwrap();
        assert_eq!(totals.len(), 2, "{year}: {totals:?}");
    }
}

/// Partitions or the chunks of a hypertable: the migration decided.
#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_the_years_lie_apart() {
    let (_world, db) = world().await;
    if !db.is_postgres() {
        return;
    }
    let mut event = events().remove(0);
    for year in [1999, 2026, 2027] {
        event.timestamp = format!("{year}-06-01T12:00:00Z").parse().unwrap();
        count(&db, &[&event]).await;
    }
    let sql = "SELECT DISTINCT tableoid::regclass::text AS part FROM metrics";
    let parts = db.conn().query_all_raw(db.sql(sql, [])).await.unwrap();
    assert_eq!(parts.len(), 3);
}
