use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    events::{
        Envelope, TicketCreated, TicketStatusChanged, UserDeleted, UserLogin, UserLoginFailed, UserRegistered,
    },
    ids::{SessionId, UserId},
    testing::World,
};

use super::{House, ticket};

/// How many orders are tried: each is a house of its own.
const ORDERS: u32 = 12;

/// What happened on a day: somebody came, was busy and is erased; somebody else is still there.
async fn day(start: Timestamp) -> Vec<Envelope> {
    let world = World::at(start).await;
    let at = |minutes| start + chrono::Duration::minutes(minutes);
    let (ada, bob) = (UserId::at(at(0)), UserId::at(at(1)));
    let registered =
        |user_id, email: &str| UserRegistered { user_id, email: email.into(), role: "user".into() };
    let login = |user_id, minutes| UserLogin {
        user_id,
        session_id: SessionId::at(at(minutes)),
        ip: Some("192.0.2.7".to_owned()),
        user_agent: None,
    };
    let failed = UserLoginFailed {
        user_id: Some(bob),
        email_hash: "ab12".to_owned(),
        reason: "bad_credentials".to_owned(),
        ip: Some("192.0.2.8".to_owned()),
        user_agent: None,
    };
    let of_ada = TicketCreated { user_id: ada, ..ticket(1, at(5)) };
    let of_bob = TicketCreated { user_id: bob, title: "Scanner".to_owned(), ..ticket(2, at(6)) };
    let moved = TicketStatusChanged {
        ticket_id: of_bob.ticket_id,
        ticket_number: of_bob.ticket_number.clone(),
        title: of_bob.title.clone(),
        user_id: bob,
        assigned_to: None,
        old_status: "OPEN".to_owned(),
        new_status: "RESOLVED".to_owned(),
        comment: None,
        changes: Vec::new(),
    };
    let clock = world.clock();
    let happened = |minutes, envelope: &dyn Fn() -> Envelope, source_number| {
        clock.advance(at(minutes) - clock.now());
        Envelope { sequence: source_number, ..envelope() }
    };
    vec![
        happened(0, &|| world.envelope(&registered(ada, "ada@example.com"), 1, Some(ada)), 1),
        happened(1, &|| world.envelope(&registered(bob, "bob@example.com"), 1, Some(bob)), 2),
        happened(2, &|| world.envelope(&login(ada, 2), 2, Some(ada)), 3),
        happened(3, &|| world.envelope(&failed, 2, None), 4),
        happened(4, &|| world.envelope(&login(bob, 4), 3, Some(bob)), 5),
        happened(5, &|| world.envelope(&of_ada, 1, Some(ada)), 1),
        happened(6, &|| world.envelope(&of_bob, 1, Some(bob)), 2),
        happened(70, &|| world.envelope(&moved, 2, Some(bob)), 3),
        happened(80, &|| world.envelope(&UserDeleted { user_id: ada }, 3, Some(ada)), 6),
    ]
}

/// All that audit tells of those events, but in which order they came.
async fn told(house: &House) -> Value {
    let mut lines = house.items("/audit/logs?limit=100").await;
    for line in &mut lines {
        let line = line.as_object_mut().unwrap();
        line.remove("sequence");
        line.remove("recordedAt");
    }
    let mut found = Vec::new();
    for word in ["ada", "bob", "ticket", "scanner", "printer", "192.0.2.7", "192.0.2.8"] {
        let items = house.items(&format!("/audit/search?q={word}&sort=timestamp&limit=100")).await;
        let ids: Vec<_> = items.iter().map(|item| item["id"].clone()).collect();
        found.push(json!({ "word": word, "ids": ids }));
    }
    let verdict = house.get("/audit/verify").await;
    json!({
        "lines": lines,
        "found": found,
        "metrics": house.get("/audit/metrics?bucket=hour").await,
        "details": house.get("/audit/metrics?name=events_recorded&bucket=hour").await,
        "failed": house.items("/audit/events/failed").await,
        "numbers": house.items("/audit/events?limit=100").await.len(),
        "isIntact": verdict["isIntact"],
        "end": verdict["head"]["sequence"],
    })
}

async fn after(start: Timestamp, events: &[Envelope], order: &[usize]) -> Value {
    let world = World::at(start + chrono::Duration::hours(2)).await;
    let house = House::within(world).await;
    for &number in order {
        house.world.deliver_again(&events[number]).await;
    }
    told(&house).await
}

#[test]
fn in_whatever_order_and_however_often_events_come_the_same_is_on_record() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let start: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
    let events = runtime.block_on(day(start));
    let all: Vec<usize> = (0..events.len()).collect();
    let wanted = runtime.block_on(after(start, &events, &all));
    assert_eq!(wanted["end"], events.len());
    assert_eq!((&wanted["isIntact"], &wanted["failed"]), (&json!(true), &json!([])));
    // Each comes, and some come again, anywhere.
    let orders = proptest::collection::vec(0..events.len(), 0..8)
        .prop_map(move |again| all.iter().copied().chain(again).collect::<Vec<_>>())
        .prop_shuffle();
    let mut runner = TestRunner::new(ProptestConfig { cases: ORDERS, ..ProptestConfig::default() });
    runner
        .run(&orders, |order| {
            let found = runtime.block_on(after(start, &events, &order));
            prop_assert_eq!(&found, &wanted, "in the order {:?}", order);
            Ok(())
        })
        .unwrap();
}
