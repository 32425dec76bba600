use std::sync::{Arc, Mutex, atomic::Ordering};

use shared::{
    bus::{Durable, Fault, Handler, Taken},
    db::Tx,
    events::{Envelope, TicketDeleted},
    testing::World,
};

use crate::support::{Recorder, count, databases, effects, emit, event, everything, numbers};

#[tokio::test(flavor = "multi_thread")]
async fn every_committed_event_has_its_effect_once_and_in_order() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let recorder = Recorder::default();
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), recorder.clone()).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    for number in numbers(50) {
        emit(&tickets, &number).await;
    }
    world.drain().await;
    world.until("all have arrived", || async { effects(&audit).await == numbers(50) }).await;
    let sequences: Vec<i64> = recorder.seen.lock().unwrap().iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=50).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_is_never_published() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    let tx = tickets.begin().await.unwrap();
    tx.emit(event("rolled back", tickets.clock().now())).await.unwrap();
    drop(tx);
    emit(&tickets, "committed").await;
    world.drain().await;
    world.until("it has arrived", || async { effects(&audit).await == ["committed"] }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_has_no_second_effect() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), Recorder::default()).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    emit(&tickets, "once").await;
    world.drain().await;
    world.until("it has arrived", || async { effects(&audit).await == ["once"] }).await;
    let [envelope] = &world.emitted("tickets").await[..] else { panic!("one event was emitted") };
    world.deliver_again(envelope).await;
    world.deliver_again(envelope).await;
    assert_eq!(effects(&audit).await, ["once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_passes_is_tried_again_and_holds_up_nobody_for_ever() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let recorder = Recorder::default();
    // The batch and then the single try: the first delivery fails, the second works.
    recorder.passing_faults.store(2, Ordering::SeqCst);
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), recorder).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    emit(&tickets, "at last").await;
    world.until("it has its effect", || async { effects(&audit).await == ["at last"] }).await;
    assert_eq!(count(&audit, "SELECT count(*) FROM failed_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_kept_among_the_failed_events_and_the_rest_goes_on() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    let recorder = Recorder { poison: Some("001"), ..Recorder::default() };
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), recorder).unwrap();
    bus.relay(tickets.background());
    world.process().local.open();
    for number in numbers(3) {
        emit(&tickets, &number).await;
    }
    world.until("the others have their effect", || async { effects(&audit).await == ["000", "002"] }).await;
    world.drain().await;
    let failed = "SELECT count(*) FROM failed_events WHERE consumer = 'audit' AND error = 'it is poison' AND attempts = 1";
    assert_eq!(count(&audit, failed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_durable_consumer_that_was_deleted_reads_from_the_start_and_doubles_nothing() {
    let world = World::start().await;
    if world.is_embedded() {
        return; // The local bus keeps no stream to replay.
    }
    let (tickets, audit) = databases(&world).await;
    let recorder = Recorder::default();
    let bus = world.bus("audit").await;
    bus.subscribe(everything(), audit.background(), recorder.clone()).unwrap();
    bus.relay(tickets.background());
    for number in numbers(5) {
        emit(&tickets, &number).await;
    }
    world.until("all have arrived", || async { effects(&audit).await == numbers(5) }).await;
    let stream = world.stream().await.expect("the stream is there");
    stream.delete_consumer("audit").await.expect("it was there");
    emit(&tickets, "after").await;
    world.until("the consumer is back", || async { effects(&audit).await.len() == 6 }).await;
    world.drain().await;
    assert_eq!(effects(&audit).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_does_not_wait_for_the_next_one_which_has_claimed_what_came_again() {
    let world = World::start().await;
    if world.is_embedded() {
        return; // Nothing waits in the local bus: a batch is there when the one before is done.
    }
    let (tickets, audit) = databases(&world).await;
    world.bus("audit").await.relay(tickets.background());
    for number in numbers(8) {
        emit(&tickets, &number).await;
    }
    world.drain().await;
    for envelope in world.emitted("tickets").await {
        world.deliver_again(&envelope).await;
    }
    for number in &numbers(40)[8..] {
        emit(&tickets, number).await;
    }
    world.drain().await;
    // Eight are a batch: the first fails, the second is the same again.
    let definition = include_str!("../../../nats/consumers/audit.json");
    assert!(definition.contains("\"max_ack_pending\": 4096"));
    let small = definition.replace("\"max_ack_pending\": 4096", "\"max_ack_pending\": 32");
    let recorder = Recorder { poison: Some("003"), ..Recorder::default() };
    let small = Durable::new("audit", &small).expect("the definition is sound");
    world.bus("audit").await.subscribe(small, audit.background(), recorder).unwrap();
    world.until("all but one have their effect", || async { effects(&audit).await.len() == 39 }).await;
    world.drain().await;
    let expected: Vec<_> = numbers(40).into_iter().filter(|number| number != "003").collect();
    assert_eq!(effects(&audit).await, expected);
    assert_eq!(count(&audit, "SELECT count(*) FROM failed_events").await, 1);
}

/// Takes what comes together as one, and remembers how it came.
#[derive(Clone, Default)]
struct Together {
    batches: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Handler for Together {
    async fn handle(&self, _: &Tx, _: &Envelope) -> Result<(), Fault> {
        Err(Fault::Poison("nothing comes alone where batches are taken".to_owned()))
    }

    async fn handle_all(&self, tx: &Tx, batch: &[Taken<'_, Envelope>]) -> Result<(), Fault> {
        let mut numbers = Vec::new();
        for taken in batch {
            let event = taken.message();
            let deleted: TicketDeleted = event.data()?;
            let sql = "INSERT INTO effects (event_id, number) VALUES ($1, $2)";
            tx.run(sql, [event.event_id.0.into(), deleted.ticket_number.clone().into()]).await?;
            numbers.push(deleted.ticket_number);
        }
        self.batches.lock().unwrap().push(numbers);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_of_batches_gets_together_and_in_order_what_was_not_taken_before() {
    let world = World::start().await;
    let (tickets, audit) = databases(&world).await;
    for number in numbers(50) {
        emit(&tickets, &number).await;
    }
    // Every second one was taken at an earlier delivery.
    for envelope in world.emitted("tickets").await.iter().skip(1).step_by(2) {
        let tx = audit.begin().await.unwrap();
        let sql = "INSERT INTO inbox (consumer, event_id, received_at) VALUES ('audit', $1, $2)";
        tx.run(sql, [envelope.event_id.0.into(), audit.clock().now().into()]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let together = Together::default();
    let bus = world.bus("audit").await;
    bus.relay(tickets.background());
    if !world.is_embedded() {
        // All of them wait in the stream when the consumer comes.
        world.drain().await;
    }
    bus.subscribe(everything(), audit.background(), together.clone()).unwrap();
    world.process().local.open();
    let fresh: Vec<String> = numbers(50).into_iter().step_by(2).collect();
    world.until("they have arrived", || async { effects(&audit).await.len() == fresh.len() }).await;
    world.drain().await;
    let batches = together.batches.lock().unwrap().clone();
    assert_eq!(batches.concat(), fresh);
    // JetStream may hand over less at a time than is there.
    let most = if world.is_embedded() { 1 } else { fresh.len() / 2 };
    assert!(batches.len() <= most, "{batches:?}");
}
