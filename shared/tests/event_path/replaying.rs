use async_nats::jetstream::consumer::{DeliverPolicy, Info};
use shared::{
    bus::{Durable, Place, Reader, Replayed, replay},
    db::Db,
    testing::World,
};

use crate::support::{Recorder, databases, effects, emit, everything, numbers};

async fn put_back(world: &World, reader: &Reader, place: Place) -> anyhow::Result<Replayed> {
    let common = world.common("audit").await;
    replay("audit", &common.events, reader, place, world.clock().now()).await
}

fn onlooker(name: &str, types: &[&str]) -> Reader {
    let types = types.iter().map(|pattern| pattern.parse().unwrap()).collect();
    Reader::Onlooker { name: name.parse().unwrap(), types }
}

async fn known(world: &World, name: &str) -> Info {
    world.stream().await.unwrap().consumer_info(name).await.unwrap()
}

/// Five events, published and taken by a consumer that goes on reading.
async fn five_taken(world: &World) -> (Db, Db) {
    let (tickets, audit) = databases(world).await;
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    bus.relay(tickets.background());
    for number in numbers(5) {
        emit(&tickets, &number).await;
    }
    world.until("all have arrived", || async { effects(&audit).await == numbers(5) }).await;
    world.drain().await;
    (tickets, audit)
}

/// As if nothing had ever been taken.
async fn forget(db: &Db) {
    let tx = db.begin().await.unwrap();
    tx.run("DELETE FROM inbox", []).await.unwrap();
    tx.run("DELETE FROM effects", []).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_reads_again_from_a_number_on_without_a_restart_and_doubles_nothing() {
    let world = World::start().await;
    if world.is_embedded() {
        return; // The local bus keeps no stream to replay.
    }
    let (tickets, audit) = five_taken(&world).await;
    let reader = Reader::Service(everything());
    let replayed = put_back(&world, &reader, Place::Number(3)).await.unwrap();
    assert_eq!(
        (replayed.consumer.as_str(), replayed.events, replayed.is_new, replayed.had_unread, replayed.last),
        ("audit", 3, false, false, 5)
    );
    // What comes again ends at the inbox, and what is new comes.
    emit(&tickets, "after").await;
    world.until("the new one has arrived", || async { effects(&audit).await.len() == 6 }).await;
    world.drain().await;
    assert_eq!(effects(&audit).await.len(), 6);
    let consumer = known(&world, "audit").await;
    assert_eq!(consumer.config.deliver_policy, DeliverPolicy::ByStartSequence { start_sequence: 3 });
    assert_eq!(consumer.delivered.consumer_sequence, 4, "three came again");

    // What was lost since is handled again, from there on.
    forget(&audit).await;
    put_back(&world, &reader, Place::Number(4)).await.unwrap();
    world.until("they are back", || async { effects(&audit).await == ["003", "004", "after"] }).await;
    put_back(&world, &reader, Place::Start).await.unwrap();
    world.until("all are back", || async { effects(&audit).await.len() == 6 }).await;
    world.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_reads_again_from_a_time_on_and_a_replica_that_starts_later_joins() {
    let world = World::start().await;
    if world.is_embedded() {
        return;
    }
    let (tickets, audit) = five_taken(&world).await;
    let stream = world.stream().await.unwrap();
    let fourth = stream.get_raw_message(4).await.unwrap().time;
    forget(&audit).await;
    let replayed = put_back(&world, &Reader::Service(everything()), Place::Time(fourth)).await.unwrap();
    assert_eq!((replayed.events, replayed.begins), (2, Place::Time(fourth)));
    world.until("they are back", || async { effects(&audit).await == ["003", "004"] }).await;

    // It finds the consumer as it was put back, and its definition else as it is written.
    let replica = world.bus("audit").await;
    replica.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    world.until("the replica reads", || async { world.process().lifecycle.is_ready() }).await;
    emit(&tickets, "after").await;
    world.until("it goes on", || async { effects(&audit).await == ["003", "004", "after"] }).await;
    world.drain().await;
    let consumer = known(&world, "audit").await;
    assert!(matches!(consumer.config.deliver_policy, DeliverPolicy::ByStartTime { .. }));

    // Where nothing has come since, it begins with what comes next.
    let reader = Reader::Service(everything());
    let replayed = put_back(&world, &reader, Place::Time(world.clock().now())).await.unwrap();
    assert_eq!((replayed.events, replayed.begins, replayed.had_unread), (0, Place::Number(7), false));
    emit(&tickets, "next").await;
    world.until("it has come", || async { effects(&audit).await.len() == 4 }).await;
    world.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn put_back_again_and_again_while_events_flow_nothing_is_lost_or_doubled() {
    let world = World::start().await;
    if world.is_embedded() {
        return;
    }
    let (tickets, audit) = five_taken(&world).await;
    let reader = Reader::Service(everything());
    let mut emitted = numbers(5);
    for round in 0..6 {
        for number in 0..20 {
            emitted.push(format!("round {round}, {number:02}"));
            emit(&tickets, &emitted[emitted.len() - 1]).await;
            if number % 10 == 9 {
                // To places before and behind what it has read.
                let place = match round % 3 {
                    0 => Place::Start,
                    1 => Place::Number(5),
                    _ => Place::Time(world.clock().now()),
                };
                put_back(&world, &reader, place).await.unwrap();
            }
        }
    }
    world.until("all have arrived", || async { effects(&audit).await.len() >= emitted.len() }).await;
    world.drain().await;
    assert_eq!(effects(&audit).await, emitted);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_service_has_not_read_yet_is_ever_skipped() {
    let world = World::start().await;
    if world.is_embedded() {
        return;
    }
    let (tickets, _audit) = databases(&world).await;
    let bus = world.bus("tickets").await;
    bus.relay(tickets.background());
    for number in numbers(5) {
        emit(&tickets, &number).await;
    }
    world.drain().await;
    // It is there, and nobody reads from it.
    let reader = Reader::Service(everything());
    assert!(put_back(&world, &reader, Place::Number(2)).await.unwrap().is_new);
    for place in [Place::Number(4), Place::Time(world.clock().now())] {
        let replayed = put_back(&world, &reader, place).await.unwrap();
        assert_eq!((replayed.begins, replayed.had_unread, replayed.events), (Place::Number(2), true, 4));
    }
    let replayed = put_back(&world, &reader, Place::Number(1)).await.unwrap();
    assert_eq!((replayed.begins, replayed.had_unread, replayed.events), (Place::Number(1), false, 5));
    world.stream().await.unwrap().delete_consumer("audit").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_onlooker_gets_a_consumer_of_its_own_with_the_types_that_it_names() {
    let world = World::start().await;
    if world.is_embedded() {
        return;
    }
    five_taken(&world).await;
    let looking = put_back(&world, &onlooker("a-look", &["ticket.*"]), Place::Number(2)).await.unwrap();
    assert_eq!((looking.is_new, looking.events), (true, 4));
    let none = put_back(&world, &onlooker("another", &["user.*", "*.created"]), Place::Start).await.unwrap();
    assert_eq!((none.is_new, none.events), (true, 0));
    // Again: it keeps what it was, and may go forward, since nothing is lost to anybody.
    let again = put_back(&world, &onlooker("a-look", &[]), Place::Number(5)).await.unwrap();
    assert_eq!((again.is_new, again.events, again.had_unread), (false, 1, false));
    let config = known(&world, "a-look").await.config;
    let [filter] = &config.filter_subjects[..] else { panic!("{config:?}") };
    assert!(filter.ends_with("helpdesk.ticket.*.>"), "{filter}");
    let other = put_back(&world, &onlooker("a-look", &["file.>"]), Place::Start).await.unwrap();
    assert_eq!((other.is_new, other.events), (false, 0));
    // Nobody acknowledges for them.
    for name in ["a-look", "another"] {
        world.stream().await.unwrap().delete_consumer(name).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replayed_is_refused_in_words() {
    let world = World::start().await;
    let reader = onlooker("a-look", &[]);
    if world.is_embedded() {
        let fault = put_back(&world, &reader, Place::Start).await.unwrap_err().to_string();
        assert!(fault.starts_with("EVENTS is local: that bus keeps no stream"), "{fault}");
        return;
    }
    let fault = format!("{:#}", put_back(&world, &reader, Place::Start).await.unwrap_err());
    assert!(fault.contains("there is no stream"), "{fault}");
    five_taken(&world).await;
    let tomorrow = world.clock().now() + chrono::Duration::days(1);
    let json = include_str!("../../../nats/consumers/notifications-commands.json");
    let commands = Reader::Service(Durable::new("notifications-commands", json).unwrap());
    for (reader, place, words) in [
        (&reader, Place::Number(6), "ends with number 5"),
        (&reader, Place::Time(tomorrow), "is still to come"),
        (&commands, Place::Start, "notifications-commands takes commands, which are gone once taken"),
    ] {
        let fault = format!("{:#}", put_back(&world, reader, place).await.unwrap_err());
        assert!(fault.contains(words), "{words} is not in {fault}");
    }
}
