use async_nats::jetstream::{AckKind, consumer::pull};
use futures_util::{StreamExt, future::join_all};
use shared::{db::Db, events::NewEvent, ids::EventId, testing::World};

use super::{House, serve, ticket};

/// Tickets, whose relay publishes what is emitted, before audit is there.
pub(super) async fn tickets(world: &World) -> Db {
    let tickets = world.open::<migrations::tickets::Migrator>("tickets").await;
    world.bus("tickets").await.relay(tickets.background());
    tickets
}

pub(super) async fn emit(tickets: &Db, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        let now = tickets.clock().now();
        let tx = tickets.begin().await.unwrap();
        tx.emit(NewEvent::of(&ticket(number, now), 1, None, now)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Lets events be published, taken, and forgotten by whoever took them, as by an audit whose database is restored from
/// before it did. On the local bus whoever is not there takes what is published; so there all of them are lost.
async fn lose(world: &World, lost: &[u64]) {
    world.process().local.open();
    world.drain().await;
    let published = world.emitted("tickets").await.len();
    let Some(stream) = world.stream().await else {
        assert_eq!(lost.len(), published, "the local bus loses all");
        return;
    };
    let mut config: pull::Config =
        serde_json::from_str(include_str!("../../../nats/consumers/audit.json")).unwrap();
    config.filter_subjects = stream.cached_info().config.subjects.clone();
    let consumer = stream.create_consumer(config).await.unwrap();
    let mut messages = consumer.fetch().max_messages(published).messages().await.unwrap();
    while let Some(Ok(message)) = messages.next().await {
        let is_lost = lost.contains(&message.info().unwrap().stream_sequence);
        message.double_ack_with(if is_lost { AckKind::Ack } else { AckKind::Nak(None) }).await.unwrap();
    }
}

/// The services' own numbers of all events in the feed, sorted.
async fn recorded(house: &House) -> Vec<i64> {
    let mut numbers: Vec<i64> = house
        .items("/audit/events?limit=100")
        .await
        .iter()
        .filter(|event| event["service"] == "tickets")
        .map(|event| event["serviceSequence"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// The ranges of numbers that arrived from tickets.
async fn arrived(house: &House) -> Vec<(i64, i64)> {
    let db = house.world.db("audit");
    let sql = "SELECT first, last FROM arrivals WHERE service = 'tickets' ORDER BY first";
    let rows = sea_orm::ConnectionTrait::query_all_raw(db.conn(), db.sql(sql, [])).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "first").unwrap(), row.try_get("", "last").unwrap())).collect()
}

/// How many events of tickets that were missing have arrived in this process so far.
async fn filled(house: &House) -> u64 {
    filled_in(&house.ask(&house.admin, "/metrics").await.text().await.unwrap())
}

fn filled_in(metrics: &str) -> u64 {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("audit_holes_filled_total{service=\"tickets\"} "))
        .unwrap_or("0");
    line.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_were_published_and_lost_are_recorded_once_by_all_replicas_together() {
    let before = filled_in(&shared::telemetry::metrics());
    let world = World::start().await;
    let tickets = tickets(&world).await;
    emit(&tickets, 1..=5).await;
    lose(&world, &[1, 2, 3, 4, 5]).await;
    let house = House::within(world).await;
    serve(&house.world).await;
    house.world.until("all are there", || async { recorded(&house).await == [1, 2, 3, 4, 5] }).await;
    house.world.until("they are counted", || async { filled(&house).await >= before + 5 }).await;
    // What comes now comes by itself, and what was asked for twice is recorded once.
    emit(&tickets, 6..=7).await;
    house.world.until("the next are there", || async { recorded(&house).await.len() >= 7 }).await;
    house.world.drain().await;
    assert_eq!(recorded(&house).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(arrived(&house).await, [(1, 7)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_middle_and_one_at_the_very_end_are_filled() {
    let world = World::start().await;
    if world.is_embedded() {
        return; // The local bus loses nothing between two events that it hands over.
    }
    let tickets = tickets(&world).await;
    emit(&tickets, 1..=6).await;
    lose(&world, &[3, 6]).await;
    let house = House::within(world).await;
    house.world.until("all are there", || async { recorded(&house).await == [1, 2, 3, 4, 5, 6] }).await;
    house.world.drain().await;
    assert_eq!(recorded(&house).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(arrived(&house).await, [(1, 6)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_stream_is_wiped_under_it_nothing_is_missing_and_nothing_doubled() {
    let world = World::start().await;
    if world.is_embedded() {
        return; // The local bus has no store to lose.
    }
    let tickets = tickets(&world).await;
    emit(&tickets, 1..=6).await;
    lose(&world, &[2, 5]).await;
    let house = House::within(world).await;
    house.world.wipe_streams().await;
    emit(&tickets, 7..=9).await;
    house.world.until("all are there", || async { recorded(&house).await.len() >= 9 }).await;
    house.world.wipe_streams().await;
    emit(&tickets, 10..=10).await;
    house.world.until("the last is there too", || async { recorded(&house).await.len() >= 10 }).await;
    house.world.drain().await;
    assert_eq!(recorded(&house).await, (1..=10).collect::<Vec<_>>());
    assert_eq!(arrived(&house).await, [(1, 10)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_is_noted_as_ranges_whatever_the_order() {
    let house = House::open().await;
    let first = house.world.deliver(&ticket(1, house.world.clock().now()), 1, None).await;
    let steps: [(i64, &[(i64, i64)]); 8] = [
        (5, &[(1, 1), (5, 5)]),
        (3, &[(1, 1), (3, 3), (5, 5)]),
        (9, &[(1, 1), (3, 3), (5, 5), (9, 9)]),
        (4, &[(1, 1), (3, 5), (9, 9)]),
        (2, &[(1, 5), (9, 9)]),
        // A number of another event, as after a service was restored, and none at all.
        (3, &[(1, 5), (9, 9)]),
        (0, &[(1, 5), (9, 9)]),
        (8, &[(1, 5), (8, 9)]),
    ];
    for (number, ranges) in steps {
        let mut event = first.clone();
        (event.event_id, event.sequence) = (EventId::at(house.world.clock().now()), number);
        house.world.deliver_again(&event).await;
        assert_eq!(arrived(&house).await, ranges, "after {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_record_at_the_same_time_note_every_number() {
    let house = House::open().await;
    serve(&house.world).await;
    let now = house.world.clock().now();
    let events: Vec<_> = (1..=40).map(|number| ticket(number, now)).collect();
    join_all(events.iter().map(|created| house.world.deliver(created, 1, None))).await;
    assert_eq!(arrived(&house).await, [(1, 40)]);
}
