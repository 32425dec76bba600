//! Several processes on one database. SQLite has one process, so these are left out on the embedded backends.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::{Client, Method};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use shared::clock::{Clock, Timestamp};
use shared::process::Process;
use shared::testing::{TestCaller, World};

use crate::service::{Reply, printer};

/// Both warnings come before the moment at which both clocks run out.
const ALERTS: [&str; 4] =
    ["2 warning response", "3 warning resolution", "4 breached response", "5 breached resolution"];
/// Longer than the target of any clock of MEDIUM, and so long ago that a clock that goes wrong by hours agrees.
const LONG_AGO: TimeDelta = TimeDelta::hours(36);
const WRONG_BY: TimeDelta = TimeDelta::hours(5);

/// Starts a replica whose clock is this one, and which looks so often for what is due; its URL.
async fn replica(world: &World, clock: Clock, poll: &str) -> String {
    let config = tickets::Config::read(&world.sources("tickets").await.with("TIMER_POLL", poll)).unwrap();
    let common = config.common.clone();
    let run = |listener, process: Process| async move {
        let process = Process { clock, ..process };
        tickets::run(config, listener, &process).await
    };
    world.serve(&common, run).await
}

async fn open(url: &str, caller: &TestCaller) -> String {
    let request = Client::new().request(Method::POST, format!("{url}/tickets")).bearer_auth(&caller.token);
    let reply = Reply::to(request.json(&printer())).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.body["id"].as_str().unwrap().to_owned()
}

/// Moves the clocks of tickets into the past, so that both ran out at this moment.
async fn run_out(world: &World, tickets: &[String], at: Timestamp) {
    let db = world.db("tickets");
    for ticket in tickets {
        let sql = db.sql(
            "UPDATE tickets SET sla_started_at = $1, response_due_at = $2, due_date = $2, next_timer_at = $2 WHERE id = $3",
            [(at - LONG_AGO).into(), at.into(), ticket.parse::<uuid::Uuid>().unwrap().into()],
        );
        assert_eq!(db.conn().execute_raw(sql).await.unwrap().rows_affected(), 1);
    }
}

/// What has been told of a ticket's clocks, with the version that it came to.
async fn alerts(world: &World, ticket: &str) -> Vec<String> {
    let events = world.emitted("tickets").await;
    let of_it = events.into_iter().filter(|event| event.aggregate_id.to_string() == ticket);
    let told = of_it.filter_map(|event| {
        let kind = event.event_type.strip_prefix("ticket.sla_")?.to_owned();
        let data: Value = serde_json::from_str(event.data.get()).unwrap();
        Some(format!("{} {kind} {}", event.aggregate_version, data["clock"].as_str().unwrap()))
    });
    told.collect()
}

async fn number(world: &World, sql: &str) -> i64 {
    let db = world.db("tickets");
    db.conn().query_one_raw(db.sql(sql, [])).await.unwrap().unwrap().try_get("", "number").unwrap()
}

async fn until_nothing_is_due(world: &World) {
    let due = "SELECT count(*) AS number FROM tickets WHERE next_timer_at <= now()";
    world.until("what is due has happened", || async { number(world, due).await == 0 }).await;
}

/// Waits until replicas have compared their clocks with the database's so many times more, and nothing is told meanwhile.
async fn until_compared(world: &World, times: usize) {
    let db = world.db("tickets");
    let asked = "SELECT CAST(query_start AS TEXT) AS at FROM pg_stat_activity WHERE datname = current_database() \
                 AND query LIKE 'SELECT (extract(epoch from clock_timestamp())%AS now'";
    let told = "SELECT count(*) AS number FROM outbox";
    let before = number(world, told).await;
    let seen = std::sync::Mutex::new(BTreeSet::new());
    world
        .until("clocks are compared", || async {
            for row in db.conn().query_all_raw(db.sql(asked, [])).await.unwrap() {
                seen.lock().unwrap().insert(row.try_get::<String>("", "at").unwrap());
            }
            assert_eq!(number(world, told).await, before, "a wrong clock makes nothing happen");
            seen.lock().unwrap().len() > times
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_clock_is_wrong_by_hours_rings_nothing_and_a_right_one_beside_it_does() {
    let world = World::start().await;
    if world.is_embedded() {
        return;
    }
    let alice = world.user("alice@example.com");
    // It looks once, at its start, so that only the wrong ones look until a right one comes.
    let idle = replica(&world, Clock::system(), "1h").await;
    let (mut late, mut young) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        late.push(open(&idle, &alice).await);
        young.push(open(&idle, &alice).await);
    }
    replica(&world, Clock::wrong_by(WRONG_BY), "20ms").await;
    replica(&world, Clock::wrong_by(-WRONG_BY), "20ms").await;
    // Due by any clock, and `young` by the one that is ahead: four hours is all that an answer may take.
    run_out(&world, &late, world.clock().now() - WRONG_BY * 2).await;
    until_compared(&world, 10).await;
    for ticket in late.iter().chain(&young) {
        assert!(alerts(&world, ticket).await.is_empty());
    }

    replica(&world, Clock::system(), "20ms").await;
    until_nothing_is_due(&world).await;
    until_compared(&world, 10).await;
    for ticket in &late {
        assert_eq!(alerts(&world, ticket).await, ALERTS);
    }
    for ticket in &young {
        assert!(alerts(&world, ticket).await.is_empty(), "it is not late yet");
    }
    for event in world.emitted("tickets").await {
        let apart = (event.timestamp - world.clock().now()).abs();
        assert!(apart < WRONG_BY / 2, "{} is dated {}", event.event_type, event.timestamp);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_ring_each_alert_once() {
    let world = World::start().await;
    if world.is_embedded() {
        return;
    }
    let alice = world.user("alice@example.com");
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(replica(&world, Clock::system(), "1ms").await);
    }
    let mut tickets = Vec::new();
    for number in 0..60 {
        tickets.push(open(&replicas[number % 3], &alice).await);
    }
    // In threes, so that all replicas want the same ones.
    for (step, three) in (1..).zip(tickets.chunks(3)) {
        run_out(&world, three, world.clock().now() + TimeDelta::milliseconds(20 * step)).await;
    }
    let left = "SELECT count(*) AS number FROM tickets WHERE next_timer_at IS NOT NULL";
    world.until("every clock has run out", || async { number(&world, left).await == 0 }).await;
    for ticket in &tickets {
        assert_eq!(alerts(&world, ticket).await, ALERTS);
    }
    let lines = "SELECT count(*) AS number FROM ticket_history WHERE action LIKE 'SLA%'";
    assert_eq!(number(&world, lines).await, 60 * 4);
}
