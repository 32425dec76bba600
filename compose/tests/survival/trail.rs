//! Tens of thousands of events with three replicas of audit, of which one is killed every second: the trail is one chain, and
//! has each event once.

use std::time::{Duration, Instant};

use sea_orm::{Database, DatabaseConnection};
use serde_json::Value;

use crate::{
    clients::PASSWORD,
    ledger::{count, texts},
    left_out,
    outbox::{open_tickets, town},
    place::{Nats, Place},
    replicas::Replicas,
    timers::Dice,
    waiting::until,
};

const EVENTS: i64 = 20_000;
const ADMIN: &str = "admin@example.com";
/// The replicas sign one trail.
const SECRET: (&str, &str) = ("AUDIT_SECRET", "what three replicas know and the database does not");
const SEED: u64 = 20_261_127;
/// Nothing is killed so often before all is recorded but what gets nowhere.
const MOST_KILLS: usize = 200;

const RECORDED: &str = "SELECT count(*) FROM trail WHERE action = 'TICKET_CREATED'";

#[tokio::test(flavor = "multi_thread")]
async fn with_three_replicas_the_trail_is_one_chain_and_has_each_event_once() {
    let Some(place) = Place::real().await else { return left_out() };
    println!("the seed is {SEED}");
    let mut dice = Dice(SEED);
    let _nats = Nats::start(&place).await;
    let desk = place
        .launch()
        .moved(&place.folder("desk"))
        .only(&["auth", "tickets"])
        .with("ADMIN_EMAIL", ADMIN)
        .with("ADMIN_PASSWORD", PASSWORD)
        .ready()
        .await;
    let mut replicas = Replicas::start(&place, desk.url(), "audit", SECRET).await;
    let connect = async |service: &str| {
        Database::connect(place.database(service)).await.expect("the database is there")
    };
    let (tickets, audit) = (connect("tickets").await, connect("audit").await);

    open_tickets(&tickets, &town(), EVENTS).await;
    let began = Instant::now();
    let mut kills = 0;
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    // The last of them wait for the dead: what those had taken comes again half a minute later.
    while count(&audit, RECORDED).await < EVENTS * 9 / 10 {
        assert!(kills < MOST_KILLS, "no end of events that nobody has recorded");
        seconds.tick().await;
        replicas.kill(dice.below(3) as usize).await;
        kills += 1;
    }
    println!("{kills} kills within {:.1?}", began.elapsed());
    until("every event is recorded", || async { count(&audit, RECORDED).await >= EVENTS }).await;

    assert_each_is_there_once(&tickets, &audit).await;
    assert_is_a_chain(&replicas.urls()[0], desk.url()).await;
    let cut_off = replicas.cut_off().await;
    println!("{cut_off} transactions were cut off");
    assert!(cut_off > 0, "kills that hit nothing show nothing");
    for service in [&tickets, &audit] {
        let failed = count(service, "SELECT count(*) FROM failed_events").await;
        assert_eq!(failed, 0, "no consumer gave up on anything");
    }
    replicas.stop().await;
    assert!(desk.stop().await.status.success());
    place.clean().await;
}

async fn assert_each_is_there_once(tickets: &DatabaseConnection, audit: &DatabaseConnection) {
    let sorted = async |db, sql: &str| {
        let mut all = texts(db, sql).await;
        all.sort_unstable();
        all
    };
    let told = sorted(tickets, "SELECT event_id::text FROM outbox").await;
    let recorded = "SELECT event_id::text FROM trail WHERE envelope::json->>'source' = 'tickets'";
    assert!(sorted(audit, recorded).await == told, "the trail has each event of the outbox, and each once");
    let found = "SELECT count(DISTINCT sequence) FROM trail_search WHERE document @@ 'created'::tsquery";
    assert_eq!(count(audit, found).await, EVENTS, "each is found");
    let counted = "SELECT sum(count)::bigint FROM metrics \
                   WHERE name = 'tickets_created' AND grain = 'hour' AND dimension = ''";
    assert_eq!(count(audit, counted).await, EVENTS, "each is counted once");
    let rows = count(audit, "SELECT count(*) FROM trail").await;
    assert_eq!(count(audit, "SELECT max(sequence) FROM trail").await, rows, "the feed has no gaps");
}

async fn assert_is_a_chain(audit: &str, auth: &str) {
    let http = reqwest::Client::new();
    let body = serde_json::json!({ "email": ADMIN, "password": PASSWORD });
    let login = http.post(format!("{auth}/auth/login")).json(&body).send().await.expect("auth lives");
    let login: Value = login.json().await.expect("JSON");
    let token = login["accessToken"].as_str().expect("a token");
    let verdict =
        http.get(format!("{audit}/audit/verify")).bearer_auth(token).send().await.expect("audit lives");
    let verdict: Value = verdict.json().await.expect("JSON");
    assert_eq!(verdict["isIntact"], true, "{verdict}");
}
