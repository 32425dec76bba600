//! The rules over the stream: what raises an alert, and what does not.

use chrono::Duration;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    events::{
        Envelope, Event, FileDeleted, FileDownloaded, FileWay, TicketDeleted, UserLogin, UserLoginFailed,
    },
    ids::{FileId, SessionId, TicketId, UserId},
    testing::World,
};

use super::{House, numbers, serve_with};

/// Few of each are too many, so that tests are short.
const STRICT: &[(&str, &str)] = &[
    ("ALERT_FAILED_LOGINS", "4"),
    ("ALERT_FAILED_LOGINS_WINDOW", "10m"),
    ("ALERT_FAILED_LOGINS_ADDRESS", "5"),
    ("ALERT_FAILED_LOGINS_ADDRESS_WINDOW", "10m"),
    ("ALERT_MANY_ADDRESSES", "3"),
    ("ALERT_MANY_ADDRESSES_WINDOW", "10m"),
    ("ALERT_MASS_DOWNLOAD", "3"),
    ("ALERT_MASS_DOWNLOAD_WINDOW", "10m"),
    ("ALERT_MASS_DELETION", "3"),
    ("ALERT_MASS_DELETION_WINDOW", "10m"),
    ("ALERT_SLA_DECAY", "50"),
    ("ALERT_SLA_DECAY_MINIMUM", "4"),
    ("ALERT_SLA_DECAY_WINDOW", "1h"),
];

/// When these tests begin.
pub(super) fn start() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

impl House {
    pub(super) async fn strict() -> Self {
        Self::with(World::at(start()).await, STRICT).await
    }

    /// Something happens so many minutes after the start; told in whatever order.
    pub(super) async fn happens<E: Event>(&self, minute: i64, event: &E, by: Option<UserId>) -> Envelope {
        let clock = self.world.clock();
        clock.advance(start() + Duration::minutes(minute) - clock.now());
        self.world.deliver(event, 1, by).await
    }

    /// The lines of one kind of alert, oldest first, once all is told.
    pub(super) async fn alerts(&self, action: &str) -> Vec<Value> {
        self.world.drain().await;
        self.items(&format!("/audit/logs?action={action}&sort=timestamp")).await
    }

    async fn count(&self, table: &str) -> i64 {
        let db = self.world.db("audit");
        let sql = format!("SELECT count(*) AS number FROM {table}");
        db.conn().query_one_raw(db.sql(&sql, [])).await.unwrap().unwrap().try_get("", "number").unwrap()
    }
}

fn failed(hash: &str, ip: &str) -> UserLoginFailed {
    UserLoginFailed {
        user_id: None,
        email_hash: hash.to_owned(),
        reason: "bad_credentials".to_owned(),
        ip: Some(ip.to_owned()),
        user_agent: None,
    }
}

fn login(user_id: UserId, ip: &str) -> UserLogin {
    UserLogin { user_id, session_id: SessionId::at(start()), ip: Some(ip.to_owned()), user_agent: None }
}

fn downloaded(downloaded_by: UserId) -> FileDownloaded {
    let (file_id, ticket_id) = (FileId::at(start()), TicketId::at(start()));
    FileDownloaded { file_id, ticket_id, downloaded_by, via: FileWay::Direct }
}

fn file_deleted() -> FileDeleted {
    let (file_id, ticket_id) = (FileId::at(start()), TicketId::at(start()));
    FileDeleted { file_id, ticket_id, file_name: "a.txt".to_owned(), uploaded_by: None }
}

pub(super) fn ids(events: &[Envelope]) -> Value {
    json!(events.iter().map(|event| event.event_id).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_failed_logins_raises_one_alert_that_names_them_and_goes_the_way_of_all_events() {
    let house = House::strict().await;
    let mut events = Vec::new();
    for minute in 0..4 {
        // From different addresses, so that it is the account that stands out.
        events.push(house.happens(minute, &failed("ab", &format!("192.0.2.{minute}")), None).await);
    }
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let line = &alerts[0];
    assert_eq!(
        (&line["resourceType"], &line["service"], &line["userId"], &line["correlationId"]),
        (&json!("alert"), &json!("audit"), &Value::Null, &json!("a-request"))
    );
    assert_eq!(
        line["details"],
        json!({
            "rule": "failed_logins",
            "subject": { "kind": "email_hash", "id": "ab" },
            "userId": null,
            "windowSeconds": 600,
            "count": 4,
            "threshold": 4,
            "eventCount": 4,
            "firstAt": "2026-03-01T08:00:00Z",
            "lastAt": "2026-03-01T08:03:00Z",
            "eventIds": ids(&events),
        })
    );
    let feed = house.items("/audit/events").await;
    assert_eq!(numbers(&feed), [1, 2, 3, 4, 5]);
    assert_eq!(
        (&feed[4]["eventType"], &feed[4]["causationId"], &feed[4]["aggregateId"]),
        (&json!("security.alert"), &json!(events[3].event_id), &line["resourceId"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_again_raises_nothing_again() {
    let house = House::strict().await;
    let mut events = Vec::new();
    for minute in 0..4 {
        events.push(house.happens(minute, &failed("ab", "192.0.2.7"), None).await);
    }
    house.world.clock().advance(Duration::hours(1));
    for event in &events {
        house.world.deliver_again(event).await;
    }
    assert_eq!(house.alerts("SECURITY_ALERT").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_several_replicas_record_at_once_raises_one_alert() {
    let house = House::strict().await;
    serve_with(&house.world, STRICT).await;
    serve_with(&house.world, STRICT).await;
    let alice = UserId::at(start());
    let downloads: Vec<_> = (0..20).map(|_| downloaded(alice)).collect();
    join_all(downloads.iter().map(|download| house.world.deliver(download, 1, Some(alice)))).await;
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    // What one replica records together is counted together: the third of them may come along with more.
    let told = &alerts[0]["details"];
    let count = told["count"].as_u64().unwrap();
    assert!((3..=20).contains(&count), "{told}");
    assert_eq!(
        (&told["eventCount"], told["eventIds"].as_array().unwrap().len()),
        (&json!(count), count as usize)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_than_too_many_raise_nothing_nor_do_as_many_over_a_longer_time_or_of_different_accounts() {
    let house = House::strict().await;
    for minute in 0..3 {
        house.happens(minute, &failed("ab", &format!("192.0.2.{minute}")), None).await;
    }
    // The first has left the window by now.
    house.happens(10, &failed("ab", "192.0.2.10"), None).await;
    for minute in 11..14 {
        house.happens(minute, &failed(&format!("cd{minute}"), &format!("192.0.2.{minute}")), None).await;
    }
    assert_eq!(house.alerts("SECURITY_ALERT").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_goes_on_raises_the_next_alert_after_the_window_and_names_no_event_twice() {
    let house = House::strict().await;
    let mut events = Vec::new();
    for minute in 0..16 {
        events.push(house.happens(minute, &failed("ab", &format!("192.0.2.{minute}")), None).await);
    }
    let alerts = house.alerts("SECURITY_ALERT").await;
    let told: Vec<_> = alerts.iter().map(|line| &line["details"]).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    // At 3 there were four; at 13 there were ten since.
    assert_eq!((&told[0]["count"], &told[0]["eventIds"]), (&json!(4), &ids(&events[..4])));
    assert_eq!((&told[1]["count"], &told[1]["eventIds"]), (&json!(10), &ids(&events[4..14])));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_out_of_order_are_counted_by_their_own_time() {
    let house = House::strict().await;
    let mut events = Vec::new();
    // The third comes last, when it has long been followed by others.
    for minute in [0, 1, 3, 40, 41, 42] {
        events.push(house.happens(minute, &failed("ab", &format!("192.0.2.{minute}")), None).await);
    }
    assert_eq!(house.alerts("SECURITY_ALERT").await, Vec::<Value>::new());
    let late = house.happens(2, &failed("ab", "192.0.2.2"), None).await;
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let named = [events[0].clone(), events[1].clone(), late, events[2].clone()];
    assert_eq!(alerts[0]["details"]["eventIds"], ids(&named));
    assert_eq!(alerts[0]["details"]["lastAt"], "2026-03-01T08:03:00Z");
    // What was told of is not told of from its other end, and what lies elsewhere still is.
    house.happens(4, &failed("ab", "192.0.2.4"), None).await;
    house.happens(-2, &failed("ab", "192.0.2.5"), None).await;
    assert_eq!(house.alerts("SECURITY_ALERT").await.len(), 1);
    house.happens(39, &failed("ab", "192.0.2.39"), None).await;
    assert_eq!(house.alerts("SECURITY_ALERT").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_fails_at_many_accounts_raises_an_alert_and_a_network_of_ipv6_is_one_address() {
    let house = House::strict().await;
    for account in 0..4 {
        let ip = format!("2001:db8::{account}");
        house.happens(0, &failed(&format!("a{account}"), &ip), None).await;
    }
    house.happens(1, &failed("a5", "2001:db8:0:1::1"), None).await;
    assert_eq!(house.alerts("SECURITY_ALERT").await, Vec::<Value>::new());
    house.happens(2, &failed("a6", "2001:db8::ffff"), None).await;
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let told = &alerts[0]["details"];
    assert_eq!(
        (&told["rule"], &told["subject"], &told["count"]),
        (&json!("failed_logins_address"), &json!({ "kind": "address", "id": "2001:db8::/64" }), &json!(5))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_from_many_addresses_raises_an_alert_and_one_from_few_does_not() {
    let house = House::strict().await;
    let (alice, bob) = (UserId::at(start()), UserId::at(start()));
    let mut events = Vec::new();
    for (minute, address) in [(0, 1), (1, 2), (2, 1), (3, 3)] {
        let ip = format!("192.0.2.{address}");
        events.push(house.happens(minute, &login(alice, &ip), Some(alice)).await);
    }
    for (minute, address) in [(4, 1), (5, 2), (6, 1), (7, 2)] {
        house.happens(minute, &login(bob, &format!("192.0.2.{address}")), Some(bob)).await;
    }
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let told = &alerts[0]["details"];
    assert_eq!(
        (&told["rule"], &told["subject"], &told["userId"]),
        (&json!("many_addresses"), &json!({ "kind": "account", "id": alice }), &json!(alice))
    );
    // Three addresses, by four sign-ins.
    assert_eq!(
        (&told["count"], &told["eventCount"], &told["eventIds"]),
        (&json!(3), &json!(4), &ids(&events))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_downloads_by_one_person_raise_an_alert_and_by_several_do_not() {
    let house = House::strict().await;
    let (alice, bob) = (UserId::at(start()), UserId::at(start()));
    let mut events = Vec::new();
    for minute in 0..2 {
        events.push(house.happens(minute, &downloaded(alice), Some(alice)).await);
        house.happens(minute, &downloaded(bob), Some(bob)).await;
    }
    assert_eq!(house.alerts("SECURITY_ALERT").await, Vec::<Value>::new());
    events.push(house.happens(2, &downloaded(alice), Some(alice)).await);
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let told = &alerts[0]["details"];
    assert_eq!(
        (&told["rule"], &told["subject"], &told["eventIds"]),
        (&json!("mass_download"), &json!({ "kind": "actor", "id": alice }), &ids(&events))
    );
    let line = &house.items(&format!("/audit/logs?action=FILE_DOWNLOADED&userId={alice}&limit=1")).await[0];
    assert_eq!((&line["userId"], &line["details"]["via"]), (&json!(alice), &json!("direct")));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_deletions_raise_an_alert_and_files_that_go_with_their_ticket_do_not() {
    let house = House::strict().await;
    let (alice, bob) = (UserId::at(start()), UserId::at(start()));
    let ticket = |by| TicketDeleted {
        ticket_id: TicketId::at(start()),
        ticket_number: "HD-000042".to_owned(),
        user_id: by,
    };
    let gone = house.happens(0, &ticket(bob), Some(bob)).await;
    for _ in 0..3 {
        let mut file = gone.clone();
        file.event_id = shared::ids::EventId::at(start());
        file.event_type = "file.deleted".to_owned();
        file.data = serde_json::value::to_raw_value(&file_deleted()).unwrap();
        file.causation_id = Some(gone.event_id);
        house.world.deliver_again(&file).await;
    }
    house.happens(1, &ticket(alice), Some(alice)).await;
    house.happens(2, &file_deleted(), Some(alice)).await;
    assert_eq!(house.alerts("SECURITY_ALERT").await, Vec::<Value>::new());
    house.happens(3, &file_deleted(), Some(alice)).await;
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let told = &alerts[0]["details"];
    assert_eq!(
        (&told["rule"], &told["subject"]["id"], &told["count"]),
        (&json!("mass_deletion"), &json!(alice), &json!(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_many_events_counts_all_of_them_and_names_the_newest_hundred() {
    let settings = [("ALERT_MASS_DOWNLOAD", "103")];
    let house = House::with(World::at(start()).await, &settings).await;
    let alice = UserId::at(start());
    let mut events = Vec::new();
    for _ in 0..103 {
        house.world.clock().advance(Duration::seconds(1));
        events.push(house.world.deliver(&downloaded(alice), 1, Some(alice)).await);
    }
    let alerts = house.alerts("SECURITY_ALERT").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let told = &alerts[0]["details"];
    assert_eq!((&told["count"], &told["eventCount"]), (&json!(103), &json!(103)));
    assert_eq!(told["eventIds"], ids(&events[3..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_off_raises_nothing_and_keeps_nothing() {
    let off = [("ALERT_FAILED_LOGINS", "0"), ("ALERT_FAILED_LOGINS_ADDRESS", "0")];
    let house = House::with(World::at(start()).await, &off).await;
    for _ in 0..12 {
        house.happens(0, &failed("ab", "192.0.2.7"), None).await;
    }
    assert_eq!(house.alerts("SECURITY_ALERT").await, Vec::<Value>::new());
    assert_eq!(house.count("rule_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_to_be_counted_is_forgotten_under_a_key_that_goes_on_and_under_one_that_does_not() {
    let house = House::strict().await;
    let (alice, bob) = (UserId::at(start()), UserId::at(start()));
    for minute in 0..4 {
        house.happens(minute, &downloaded(alice), Some(alice)).await;
        house.happens(minute, &downloaded(bob), Some(bob)).await;
    }
    assert_eq!(house.alerts("SECURITY_ALERT").await.len(), 2);
    assert_eq!((house.count("rule_events").await, house.count("alerts").await), (8, 2));
    house.happens(200, &downloaded(alice), Some(alice)).await;
    house.world.drain().await;
    assert_eq!(house.count("rule_events").await, 5, "hers of old are gone");
    // The sweeper looks at its start, and then from time to time.
    serve_with(&house.world, STRICT).await;
    let only_hers = || async { (house.count("rule_events").await, house.count("alerts").await) == (1, 0) };
    house.world.until("his are gone as well", only_hers).await;
}
