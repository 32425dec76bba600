use shared::{
    bus::{Fault, Handler},
    db::Tx,
    events::Envelope,
    telemetry,
    testing::World,
};

use crate::support::{databases, emit, everything};

/// It has given up on whatever comes.
struct Hopeless;

impl Handler for Hopeless {
    async fn handle(&self, _: &Tx, _: &Envelope) -> Result<(), Fault> {
        Err(Fault::Poison("nothing pleases it".to_owned()))
    }
}

/// What `/metrics` says of one series.
fn metric(series: &str) -> Option<f64> {
    let text = telemetry::metrics();
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    value.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_measured_also_while_nothing_can_be_published() {
    telemetry::metrics();
    let world = World::start().await.keeping_events();
    let users = world.open::<migrations::users::Migrator>("users").await;
    emit(&users, "an hour old").await;
    let tx = users.begin().await.unwrap();
    let hour_ago = users.clock().now() - chrono::TimeDelta::hours(1);
    tx.run("UPDATE outbox SET created_at = $1", [hour_ago.into()]).await.unwrap();
    // Another leads and does nothing; on the local bus nothing is handed on before it is open.
    let other = "UPDATE relay SET holder = 'another', lease_until = $1";
    tx.run(other, [(users.clock().now().timestamp_millis() + 600_000).into()]).await.unwrap();
    tx.commit().await.unwrap();
    let bus = world.bus("users").await;
    bus.relay(users.background());
    let age = || metric(r#"outbox_oldest_age_seconds{service="users"}"#);
    world.until("the age is known", || async { age().is_some_and(|age| age >= 3600.0) }).await;
    assert_eq!(metric(r#"events_published_total{service="users",event="user.deleted"}"#), Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_given_up_is_counted_until_it_is_resolved() {
    telemetry::metrics();
    let world = World::start().await;
    let (tickets, _) = databases(&world).await;
    let files = world.open::<migrations::files::Migrator>("files").await;
    let bus = world.bus("files").await;
    bus.subscribe(everything(), files.background(), Hopeless).unwrap();
    bus.relay(tickets.background());
    emit(&tickets, "poison").await;
    world.process().local.open();
    let waiting = || metric(r#"failed_events_waiting{service="files"}"#);
    world.drain().await;
    // Its own relay looks at what its consumer gave up on.
    bus.relay(files.background());
    world.until("it is counted", || async { waiting() == Some(1.0) }).await;
    let tx = files.begin().await.unwrap();
    let now = files.clock().now();
    tx.run("UPDATE failed_events SET resolved_at = $1", [now.into()]).await.unwrap();
    tx.commit().await.unwrap();
    world.until("it is counted no more", || async { waiting() == Some(0.0) }).await;
}
