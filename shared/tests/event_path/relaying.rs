use sea_orm::ConnectionTrait;
use shared::{
    bus::{Durable, Fault, Handler},
    db::{Db, Tx},
    events::{CommandEnvelope, NewCommand, SendPasswordResetMail},
    ids::UserId,
    testing::World,
};

use crate::support::{Recorder, count, databases, effects, emit, everything, numbers};

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_of_one_database_publish_each_event_once_and_in_order() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let recorder = Recorder::default();
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), recorder.clone()).unwrap();
    bus.relay(tickets.background());
    bus.relay(tickets.background());
    world.process().local.open();
    for number in numbers(100) {
        emit(&tickets, &number).await;
    }
    world.drain().await;
    world.until("all have arrived", || async { effects(&audit).await == numbers(100) }).await;
    let sequences: Vec<i64> = recorder.seen.lock().unwrap().iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=100).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_has_run_out_is_taken_over() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let dead = "UPDATE relay SET holder = 'a replica that was killed', lease_until = 0";
    tickets.conn().execute_unprepared(dead).await.unwrap();
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    emit(&tickets, "after the kill").await;
    world.until("it has arrived", || async { effects(&audit).await == ["after the kill"] }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_replica_holds_the_lease_nothing_is_published() {
    let world = World::start().await.keeping_events();
    let (tickets, audit) = databases(&world).await;
    if !tickets.is_postgres() {
        return; // SQLite belongs to one process: a lease found there is a dead one's.
    }
    let alive = "UPDATE relay SET holder = 'another', lease_until = (extract(epoch FROM now()) * 1000)::bigint + 600000";
    tickets.conn().execute_unprepared(alive).await.unwrap();
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    bus.relay(tickets.background());
    emit(&tickets, "not mine").await;
    // Until the relay has had its chance: it looks at least every 320 ms.
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(500));
    looks.tick().await;
    looks.tick().await;
    looks.tick().await;
    assert_eq!(count(&tickets, "SELECT count(*) FROM outbox WHERE sequence IS NULL").await, 1);
    assert_eq!(effects(&audit).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_wiped_is_filled_again_from_the_outbox_and_nothing_doubles() {
    let world = World::start().await;
    if world.is_embedded() {
        return; // The local bus has no store to lose.
    }
    let (tickets, audit) = databases(&world).await;
    let bus = world.bus("audit").await;
    bus.relay(tickets.background());
    // Five are published and wait for a consumer that is not there yet; then the stream is gone.
    for number in numbers(5) {
        emit(&tickets, &number).await;
    }
    world
        .until("all are in the stream", || async {
            count(&tickets, "SELECT published_sequence FROM relay").await == 5
        })
        .await;
    world.wipe_streams().await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    world.until("all have arrived", || async { effects(&audit).await == numbers(5) }).await;
    // And once more, when the consumer had them already.
    world.wipe_streams().await;
    emit(&tickets, "after").await;
    world.until("the next arrives too", || async { effects(&audit).await.len() == 6 }).await;
    world
        .until("the stream holds all six again", || async {
            world.stream().await.is_some_and(|stream| stream.cached_info().state.messages == 6)
        })
        .await;
    world.drain().await;
    assert_eq!(effects(&audit).await.len(), 6);
}

#[derive(Default)]
struct Mails {
    refuses: bool,
}

impl Handler<CommandEnvelope> for Mails {
    async fn handle(&self, tx: &Tx, command: &CommandEnvelope) -> Result<(), Fault> {
        if self.refuses {
            return Err(Fault::Poison("no mails today".to_owned()));
        }
        let reset: SendPasswordResetMail = command.data()?;
        tx.run(
            "INSERT INTO effects (event_id, number) VALUES ($1, $2)",
            [command.command_id.0.into(), reset.token.into()],
        )
        .await?;
        Ok(())
    }
}

/// Gives a command that carries `the-secret`.
async fn give(auth: &Db) {
    let now = auth.clock().now();
    let reset = SendPasswordResetMail {
        user_id: UserId::at(now),
        email: "ada@example.com".to_owned(),
        token: "the-secret".to_owned(),
        expires_at: now,
    };
    let tx = auth.begin().await.unwrap();
    tx.command(NewCommand::of(&reset, now)).await.unwrap();
    tx.commit().await.unwrap();
}

fn commands() -> Durable {
    let definition = include_str!("../../../nats/consumers/notifications-commands.json");
    Durable::new("notifications-commands", definition).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_arrives_once_and_its_secret_stays_nowhere_on_the_way() {
    let world = World::start().await;
    let (auth, notifications) = databases(&world).await;
    let bus = world.bus("notifications").await;
    bus.subscribe(commands(), notifications.background(), Mails::default()).unwrap();
    bus.subscribe(everything(), notifications.background(), Recorder::default()).unwrap();
    bus.relay(auth.background());
    world.process().local.open();
    give(&auth).await;
    world.until("it has arrived", || async { effects(&notifications).await == ["the-secret"] }).await;
    world.drain().await;
    assert_eq!(count(&auth, "SELECT count(*) FROM command_outbox").await, 0);
    assert_eq!(count(&auth, "SELECT count(*) FROM outbox").await, 0);
    if let Some(stream) = world.stream().await {
        assert_eq!(stream.cached_info().state.messages, 0, "no event carries it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_failed_for_good_leaves_no_secret_behind() {
    let world = World::start().await;
    let (auth, notifications) = databases(&world).await;
    let bus = world.bus("notifications").await;
    bus.subscribe(commands(), notifications.background(), Mails { refuses: true }).unwrap();
    bus.relay(auth.background());
    world.process().local.open();
    give(&auth).await;
    let failed = "SELECT count(*) FROM failed_events WHERE error = 'no mails today'";
    world.until("it has failed", || async { count(&notifications, failed).await == 1 }).await;
    let secret = "SELECT count(*) FROM failed_events WHERE envelope LIKE '%the-secret%'";
    assert_eq!(count(&notifications, secret).await, 0);
}
