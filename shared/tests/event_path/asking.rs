use shared::{
    bus::{Again, Bus, OutboxEnds},
    db::Db,
    testing::World,
};

use crate::support::{Recorder, count, databases, effects, emit, everything, numbers};

/// Two databases, and five events on their way from the one to the other until each has had its effect.
async fn five_events(world: &World) -> (Bus, Db, Db) {
    let (tickets, audit) = databases(world).await;
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    for number in numbers(5) {
        emit(&tickets, &number).await;
    }
    world.until("all have arrived", || async { effects(&audit).await == numbers(5) }).await;
    world.drain().await;
    (bus, tickets, audit)
}

async fn run(db: &Db, sql: &str) {
    let tx = db.begin().await.unwrap();
    tx.run(sql, []).await.unwrap();
    tx.commit().await.unwrap();
}

/// As a database that was restored from before it took them would be.
async fn forget(audit: &Db) {
    run(audit, "DELETE FROM effects WHERE number IN ('001', '003')").await;
    let known = "DELETE FROM inbox WHERE event_id NOT IN (SELECT event_id FROM effects)";
    run(audit, known).await;
    assert_eq!(effects(audit).await, ["000", "002", "004"]);
}

/// All that the relay knows of what it has published.
async fn ledger(tickets: &Db) -> [i64; 3] {
    let mut known = [0; 3];
    for (value, column) in known.iter_mut().zip(["published_sequence", "next_sequence", "stream_sequence"]) {
        *value = count(tickets, &format!("SELECT {column} FROM relay")).await;
    }
    known
}

/// The relay hears questions a moment after it began.
async fn ask(world: &World, bus: &Bus, again: &Again) -> OutboxEnds {
    let heard = || async { bus.ask_outbox("tickets", &Again::nothing()).await.is_ok() };
    world.until("the relay answers", heard).await;
    bus.ask_outbox("tickets", again).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missed_is_published_again_and_what_is_known_has_no_second_effect() {
    let world = World::start().await;
    let (bus, tickets, audit) = five_events(&world).await;
    forget(&audit).await;
    let before = ledger(&tickets).await;
    let ends = ask(&world, &bus, &Again::of([1..=2, 4..=4, 6..=200])).await;
    assert_eq!(ends, OutboxEnds { oldest: 1, published: 5 });
    world.until("they are back", || async { effects(&audit).await.len() == 5 }).await;
    world.drain().await;
    assert_eq!(effects(&audit).await, numbers(5));
    assert_eq!(ledger(&tickets).await, before);
    emit(&tickets, "005").await;
    world.until("the next arrives too", || async { effects(&audit).await == numbers(6) }).await;
    if let Some(stream) = world.stream().await {
        assert_eq!(stream.cached_info().state.messages, 9, "three came again, and nothing else");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_outbox_no_longer_has_is_told_and_the_rest_is_published_again() {
    let world = World::start().await;
    let (bus, tickets, audit) = five_events(&world).await;
    forget(&audit).await;
    run(&tickets, "DELETE FROM outbox WHERE sequence <= 2").await;
    let ends = ask(&world, &bus, &Again::of([2..=2, 4..=4])).await;
    assert_eq!(ends, OutboxEnds { oldest: 3, published: 5 });
    world.until("the fourth is back", || async { effects(&audit).await.len() == 4 }).await;
    world.drain().await;
    assert_eq!(effects(&audit).await, ["000", "002", "003", "004"]);
    run(&tickets, "DELETE FROM outbox").await;
    let ends = ask(&world, &bus, &Again::of([4..=4])).await;
    assert_eq!(ends, OutboxEnds { oldest: 6, published: 5 });
}

#[tokio::test(flavor = "multi_thread")]
async fn any_replica_of_a_service_answers_for_its_outbox() {
    let world = World::start().await;
    let (bus, tickets, _audit) = five_events(&world).await;
    bus.relay(tickets.background());
    for _ in 0..10 {
        assert_eq!(ask(&world, &bus, &Again::nothing()).await.published, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_said_to_be_silent() {
    let world = World::start().await;
    let bus = world.bus("audit").await;
    if !world.is_embedded() {
        world.until("NATS is there", || async { bus.ping().is_ok() }).await;
    }
    let silent = bus.ask_outbox("users", &Again::nothing()).await.unwrap_err();
    let words = if world.is_embedded() {
        "no relay of users is here to be asked"
    } else {
        "users does not answer for its outbox: no responders"
    };
    assert!(format!("{silent:#}").starts_with(words), "{silent:#}");
}
