//! The trail cannot be touched unseen, and the erased stay erased.

use audit::domain::{ExportVerifier, PublicKey, WITHHELD};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shared::{
    db::Db,
    events::{UserDeleted, UserLogin, UserRegistered},
    ids::{SessionId, UserId},
    testing::World,
};

use crate::{House, serve_with, ticket};

const ROWS: i64 = 12;

impl House {
    /// A trail of some rows, with a checkpoint in the middle of it.
    async fn with_a_trail() -> Self {
        let house = Self::open().await;
        for number in 1..=ROWS {
            let event = ticket(u32::try_from(number).unwrap(), house.world.clock().now());
            house.world.deliver(&event, number, Some(event.user_id)).await;
            if number == ROWS / 2 {
                let db = house.world.db("audit");
                let keep = "INSERT INTO checkpoints (sequence, hash, recorded_at, key_id, signature) \
                            SELECT sequence, hash, recorded_at, key_id, signature FROM trail_head";
                db.conn().execute_unprepared(keep).await.unwrap();
            }
        }
        house
    }

    /// What is wrong with the trail: the kind of it and the first row.
    async fn fault(&self) -> Option<(String, i64)> {
        let verdict = self.get("/audit/verify").await;
        let fault = &verdict["fault"];
        assert_eq!(verdict["isIntact"], fault.is_null());
        let kind = fault["kind"].as_str()?;
        Some((kind.to_owned(), fault["sequence"].as_i64().unwrap()))
    }

    /// The trail as it is taken away.
    async fn taken_away(&self) -> (String, PublicKey) {
        let text = async |path| self.ask(&self.admin, path).await.text().await.unwrap();
        (text("/audit/trail").await, PublicKey::from_pem(&text("/audit/public-key").await).unwrap())
    }
}

/// Somebody with all rights on the database, who takes the safeguards away first.
async fn break_in(db: &Db) {
    let off = if db.is_postgres() {
        "ALTER TABLE trail DISABLE TRIGGER ALL; GRANT ALL ON trail TO CURRENT_USER"
    } else {
        "DROP TRIGGER trail_is_not_changed; DROP TRIGGER trail_is_not_deleted"
    };
    db.conn().execute_unprepared(off).await.unwrap();
    db.conn().execute_unprepared("CREATE TABLE kept AS SELECT * FROM trail").await.unwrap();
}

async fn put_back(db: &Db) {
    db.conn().execute_unprepared("DELETE FROM trail; INSERT INTO trail SELECT * FROM kept").await.unwrap();
}

/// A generator that gives the same numbers on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// One way of touching the table, and the first row that it touches.
fn mutation(dice: &mut Dice, is_postgres: bool) -> (String, i64) {
    let row = 1 + dice.below(ROWS);
    let changes = [
        "envelope = envelope || ' '",
        "envelope = replace(envelope, 'HIGH', 'LOW')",
        "sealed = 'AAAA'",
        "sealed = NULL",
        "person_id = NULL",
        "user_id = NULL",
        "resource_id = NULL",
        "action = 'TICKET_DELETED'",
        "resource_type = 'file'",
        "hash = (SELECT hash FROM kept WHERE sequence = 1) || ''",
    ];
    match dice.below(5) {
        0 => {
            // The hash of the first row is its own.
            let change = changes[usize::try_from(dice.below(9 + i64::from(row > 1))).unwrap()];
            (format!("UPDATE trail SET {change} WHERE sequence = {row}"), row)
        }
        1 => (format!("DELETE FROM trail WHERE sequence = {row}"), row),
        2 => {
            // Behind the end, or in front of what is there.
            let place = if dice.below(2) == 0 { ROWS + 1 } else { 0 };
            let id = if is_postgres { "gen_random_uuid()" } else { "randomblob(16)" };
            let sql = format!(
                "INSERT INTO trail (sequence, recorded_at, event_id, \"timestamp\", action, resource_type, envelope, hash) \
                 SELECT {place}, recorded_at, {id}, \"timestamp\", action, resource_type, envelope, hash \
                 FROM kept WHERE sequence = {row}"
            );
            (sql, place)
        }
        3 => {
            let other = 1 + (row + dice.below(ROWS - 1)) % ROWS;
            let swap = |to: i64, from: i64| {
                format!(
                    "UPDATE trail SET envelope = it.envelope, sealed = it.sealed, hash = it.hash FROM kept AS it \
                     WHERE trail.sequence = {to} AND it.sequence = {from};"
                )
            };
            (swap(row, other) + &swap(other, row), row.min(other))
        }
        _ => (format!("DELETE FROM trail WHERE sequence >= {row}"), row),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_touches_the_trail_is_found_out_and_the_first_row_is_named() {
    let house = House::with_a_trail().await;
    assert_eq!(house.fault().await, None);
    let db = house.world.db("audit");
    break_in(&db).await;
    let mut dice = Dice(1);
    for round in 0..1_000 {
        let (sql, row) = mutation(&mut dice, db.is_postgres());
        db.conn().execute_unprepared(&sql).await.unwrap();
        let fault = house.fault().await;
        assert_eq!(fault.map(|(_, sequence)| sequence), Some(row), "round {round}: {sql}");
        put_back(&db).await;
    }
    assert_eq!(house.fault().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_was_made_anew_is_not_what_was_signed() {
    let house = House::with_a_trail().await;
    let db = house.world.db("audit");
    break_in(&db).await;
    // The end is taken back to the checkpoint, which bears a signature: the trail is whole, and shorter than what was known.
    let known = house.get("/audit/verify").await["head"].clone();
    let back = format!(
        "DELETE FROM trail WHERE sequence > {0}; UPDATE trail_head SET sequence = it.sequence, hash = it.hash, \
         recorded_at = it.recorded_at, signature = it.signature FROM checkpoints AS it",
        ROWS / 2
    );
    db.conn().execute_unprepared(&back).await.unwrap();
    assert_eq!(house.fault().await, None);
    let (export, key) = house.taken_away().await;
    let verify = |remembered: Option<&Value>| {
        let remembered = remembered.map(|it| serde_json::from_value(it.clone()).unwrap());
        let mut verifier = ExportVerifier::new(vec![key.clone()], remembered);
        export.lines().try_for_each(|line| verifier.line(line))?;
        verifier.end()
    };
    assert_eq!(verify(None).unwrap().rows, u64::try_from(ROWS / 2).unwrap());
    let fault = verify(Some(&known)).unwrap_err().to_string();
    assert_eq!(fault, format!("the trail was cut off: row {} is the first that is missing", ROWS / 2 + 1));

    // A head of one's own making bears no signature.
    db.conn().execute_unprepared("UPDATE trail_head SET sequence = sequence - 1").await.unwrap();
    let (kind, _) = house.fault().await.unwrap();
    assert_eq!(kind, "forged");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_verifies_an_export_with_the_public_key_alone() {
    let house = House::with_a_trail().await;
    let (export, key) = house.taken_away().await;
    let verify = |text: &str, key: &PublicKey| {
        let mut verifier = ExportVerifier::new(vec![key.clone()], None);
        text.lines().try_for_each(|line| verifier.line(line))?;
        verifier.end()
    };
    let verified = verify(&export, &key).unwrap();
    assert_eq!((verified.rows, verified.end.sequence), (u64::try_from(ROWS).unwrap(), ROWS));
    assert!(!export.contains("The printer is on fire"), "personal details are sealed");
    let lines: Vec<_> = export.lines().collect();
    for place in 0..lines.len() {
        // Without one of its lines, and with one altered. A checkpoint in the middle is no row: without it nothing is missing.
        if !(lines[place].contains("\"checkpoint\"") && place + 1 < lines.len()) {
            let without: Vec<_> = [&lines[..place], &lines[place + 1..]].concat();
            assert!(verify(&without.join("\n"), &key).is_err(), "without line {place}");
        }
        let altered = lines[place].replace("recordedAt\":\"2", "recordedAt\":\"1");
        let changed: Vec<_> = [&lines[..place], &[altered.as_str()], &lines[place + 1..]].concat();
        assert_eq!(verify(&changed.join("\n"), &key).is_err(), altered != lines[place], "line {place}");
    }
    let other = audit::domain::Signer::of(&[1; 32]).public_key();
    let fault = verify(&export, &other).unwrap_err().to_string();
    assert!(fault.ends_with("was not signed by a key that is trusted"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_to_change_or_delete_a_row() {
    let house = House::with_a_trail().await;
    let db = house.world.db("audit");
    for sql in ["UPDATE trail SET action = 'X'", "DELETE FROM trail", "DELETE FROM trail WHERE sequence = 1"]
    {
        let fault = db.conn().execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(fault.contains("never changed or deleted"), "{sql}: {fault}");
    }
    assert_eq!(house.fault().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_personal_details_of_somebody_who_was_erased_are_gone_and_the_chain_still_holds() {
    let house = House::open().await;
    let now = house.world.clock().now();
    let (ada, bob) = (UserId::at(now), UserId::at(now));
    let registered =
        |user_id, email: &str| UserRegistered { user_id, email: email.into(), role: "user".into() };
    let login = || UserLogin {
        user_id: ada,
        session_id: SessionId::at(now),
        ip: Some("192.0.2.7".into()),
        user_agent: Some("curl".into()),
    };
    house.world.deliver(&registered(ada, "ada@example.com"), 1, Some(ada)).await;
    house.world.deliver(&registered(bob, "bob@example.com"), 1, Some(bob)).await;
    house.world.deliver(&login(), 2, Some(ada)).await;
    let of = |person: UserId| format!("/audit/logs?userId={person}&sort=timestamp");
    let lines = house.items(&of(ada)).await;
    assert_eq!(lines[0]["details"]["email"], "ada@example.com");
    assert_eq!(lines[1]["ipAddress"], "192.0.2.7");
    let before = house.get("/audit/verify").await["head"].clone();

    house.world.deliver(&UserDeleted { user_id: ada }, 3, Some(ada)).await;
    // Late, after the erasure: it does not bring her back.
    house.world.deliver(&login(), 4, Some(ada)).await;
    let lines = house.items(&of(ada)).await;
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["USER_REGISTERED", "USER_LOGIN", "USER_DELETED", "USER_LOGIN"]);
    assert_eq!(lines[0]["details"], json!({ "email": WITHHELD, "role": "user" }));
    for line in &lines {
        assert!(line["ipAddress"].is_null());
        assert!(!line.to_string().contains("ada@example.com"));
    }
    assert_eq!(house.items(&of(bob)).await[0]["details"]["email"], "bob@example.com");
    let feed = house.get("/audit/events").await.to_string();
    assert!(
        !feed.contains("ada@example.com") && !feed.contains("192.0.2.7") && feed.contains("bob@example.com")
    );
    assert_eq!(house.fault().await, None);
    assert_ne!(house.get("/audit/verify").await["head"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_signs_can_be_changed_and_what_the_former_one_has_signed_is_still_believed() {
    let former = ("AUDIT_SECRET", "the secret of the first year, long enough");
    let house = House::with(World::start().await, &[former]).await;
    let event = ticket(1, house.world.clock().now());
    house.world.deliver(&event, 1, Some(event.user_id)).await;
    let key = async |url: &str| {
        let request =
            reqwest::Client::new().get(format!("{url}/audit/public-key")).bearer_auth(&house.admin.token);
        request.send().await.unwrap().text().await.unwrap()
    };
    let pem = key(&house.url).await;
    let line = pem.lines().nth(1).unwrap().to_owned();

    let secret = ("AUDIT_SECRET", "the secret of the second year, as long");
    let url = serve_with(&house.world, &[secret, ("AUDIT_FORMER_KEYS", &line)]).await;
    let keys = key(&url).await;
    assert!(keys.ends_with(&pem) && keys.matches("BEGIN").count() == 2, "{keys}");
    let changed = House { url, ..house };
    let verdict = changed.get("/audit/verify").await;
    assert_eq!((&verdict["isIntact"], &verdict["head"]["sequence"]), (&json!(true), &json!(1)));
    let kept = changed.items("/audit/checkpoints").await;
    assert_eq!(kept.len(), 1, "the former key's last word is kept");
    assert_ne!(kept[0]["keyId"], verdict["head"]["keyId"]);
}
