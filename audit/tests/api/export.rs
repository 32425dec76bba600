//! `GET /audit/export`: everybody's own part of the trail.

use serde_json::Value;
use shared::{
    events::{
        FileDeleted, NotificationSent, SessionRevoked, UserLogin, UserLoginFailed, UserLogout,
        UserRegistered, UserRoleChanged, UserStatusChanged,
    },
    ids::{DeliveryId, EventId, FileId, SessionId, UserId},
    testing::TestCaller,
};

use super::{House, ticket};

const PATH: &str = "/audit/export";

/// What somebody takes away: each line's number and action.
async fn taken(house: &House, caller: &TestCaller) -> Vec<(i64, String)> {
    let answer = house.ask(caller, PATH).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let export: Value = answer.json().await.unwrap();
    assert_eq!(export.as_object().unwrap().len(), 1, "{export}");
    let line =
        |line: &Value| (line["sequence"].as_i64().unwrap(), line["action"].as_str().unwrap().to_owned());
    export["logs"].as_array().unwrap().iter().map(line).collect()
}

/// Tells of everything that may happen around Alice and Bob; what is Alice's, and what is Bob's.
async fn history(house: &House, alice: UserId, bob: UserId) -> [Vec<(i64, String)>; 2] {
    let world = &house.world;
    let now = world.clock().now();
    let admin = Some(house.admin.id);
    let mut lines = [Vec::new(), Vec::new()];
    let mut number = 0;
    let mut note = |concerned: &[usize], action: &str| {
        number += 1;
        concerned.iter().for_each(|person| lines[*person].push((number, action.to_owned())));
    };
    for (index, person) in [alice, bob].into_iter().enumerate() {
        let email = "somebody@example.com".to_owned();
        let registered = UserRegistered { user_id: person, email, role: "user".into() };
        world.deliver(&registered, 1, Some(person)).await;
        note(&[index], "USER_REGISTERED");
        let session_id = SessionId::at(now);
        let login = UserLogin { user_id: person, session_id, ip: None, user_agent: None };
        world.deliver(&login, 2, Some(person)).await;
        note(&[index], "USER_LOGIN");
        let logout = UserLogout { user_id: person, session_id, all_sessions: false };
        world.deliver(&logout, 3, Some(person)).await;
        note(&[index], "USER_LOGOUT");
        // By an administrator, so that neither the line's user nor its resource is the person.
        let reason = "role_changed".to_owned();
        let revoked = SessionRevoked { session_id, user_id: person, reason, until: now };
        world.deliver(&revoked, 1, admin).await;
        note(&[index], "SESSION_REVOKED");
        let role = |role: &str| role.to_owned();
        let promoted = UserRoleChanged { user_id: person, old_role: role("user"), new_role: role("agent") };
        world.deliver(&promoted, 4, admin).await;
        note(&[index], "USER_ROLE_CHANGED");
        let guess = UserLoginFailed {
            user_id: Some(person),
            email_hash: "ab".into(),
            reason: "bad_credentials".into(),
            ip: None,
            user_agent: None,
        };
        world.deliver(&guess, 5, None).await;
        note(&[index], "USER_LOGIN_FAILED");
        world.deliver(&ticket(1, now), 1, Some(person)).await;
        note(&[index], "TICKET_CREATED");
        let file_id = FileId::at(now);
        let ticket_id = ticket(1, now).ticket_id;
        let deleted = FileDeleted { file_id, ticket_id, file_name: "a.txt".into(), uploaded_by: None };
        world.deliver(&deleted, 2, Some(person)).await;
        note(&[index], "FILE_DELETED");
    }
    // Alice closes Bob's account: what she did, and what was done to him.
    world.deliver(&UserStatusChanged { user_id: bob, is_active: false }, 6, Some(alice)).await;
    note(&[0, 1], "USER_STATUS_CHANGED");
    // Nobody's: an address without an account, and what the house did by itself.
    let stranger = UserLoginFailed {
        user_id: None,
        email_hash: "ab".into(),
        reason: "bad_credentials".into(),
        ip: None,
        user_agent: None,
    };
    world.deliver(&stranger, 0, None).await;
    note(&[], "USER_LOGIN_FAILED");
    let sent = NotificationSent {
        delivery_id: DeliveryId::at(now),
        event_id: EventId::at(now),
        template: "ticket_created".into(),
        channel: "email".into(),
        user_id: alice,
    };
    world.deliver(&sent, 1, None).await;
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_takes_away_their_own_lines_the_oldest_first_and_no_others() {
    let house = House::open().await;
    let (alice, bob) = (house.world.user("alice@example.com"), house.world.agent("bob@example.com"));
    assert_eq!(taken(&house, &alice).await, [], "an empty trail is no fault");
    let [of_alice, of_bob] = history(&house, alice.id, bob.id).await;
    assert_eq!((of_alice.len(), of_bob.len()), (9, 9));
    assert_eq!(taken(&house, &alice).await, of_alice);
    assert_eq!(taken(&house, &bob).await, of_bob);

    // An administrator's export is their own, too: what they did to the two.
    let of_admin = taken(&house, &house.admin).await;
    let actions: Vec<_> = of_admin.iter().map(|(_, action)| action.as_str()).collect();
    assert_eq!(actions, ["SESSION_REVOKED", "USER_ROLE_CHANGED"].repeat(2));

    let nobody = house.world.user("nobody@example.com");
    assert_eq!(taken(&house, &nobody).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_taken_away_is_the_line_that_administrators_see() {
    let house = House::open().await;
    let alice = house.world.user("alice@example.com");
    history(&house, alice.id, UserId::at(house.world.clock().now())).await;
    let export: Value = house.ask(&alice, PATH).await.json().await.unwrap();
    for line in export["logs"].as_array().unwrap() {
        let id = line["id"].as_str().unwrap();
        assert_eq!(line, &house.get(&format!("/audit/logs/{id}")).await);
    }
}

/// Longer than what is read at a time, by more than one line, and exactly as long.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_trail_is_taken_away_whole() {
    let house = House::open().await;
    let alice = house.world.user("alice@example.com");
    house.world.deliver(&ticket(1, house.world.clock().now()), 1, Some(alice.id)).await;
    let mut have = 1_i64;
    for wanted in [1_000, 2_001_i64] {
        let db = house.world.db("audit");
        let tx = db.begin().await.unwrap();
        let copy = "INSERT INTO trail (sequence, recorded_at, event_id, \"timestamp\", action, resource_type, resource_id, \
                    user_id, person_id, envelope, sealed, hash) \
                    SELECT $2, recorded_at, $1, \"timestamp\", action, resource_type, resource_id, user_id, person_id, \
                    envelope, sealed, hash FROM trail WHERE sequence = 1";
        for number in have + 1..=wanted {
            let id = uuid::Uuid::from(EventId::at(house.world.clock().now()));
            tx.run(copy, [id.into(), number.into()]).await.unwrap();
        }
        tx.commit().await.unwrap();
        have = wanted;
        let numbers: Vec<_> = taken(&house, &alice).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, (1..=wanted).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_turned_away_and_nobody_asks_for_anothers() {
    let house = House::open().await;
    let alice = house.world.user("alice@example.com");
    assert_eq!(reqwest::get(format!("{}{PATH}", house.url)).await.unwrap().status(), 401);
    for caller in [&alice, &house.admin] {
        let answer = house.ask(caller, &format!("{PATH}?userId={}", alice.id)).await;
        assert_eq!(answer.status(), 400);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "bad_query");
    }
}
