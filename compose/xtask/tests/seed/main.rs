//! `cargo xtask seed` on a real PostgreSQL, where `TEST_DATABASE_URL` names one: what it makes keeps every rule, and every rule
//! can be broken.

// A test of a developer's tool, which is told by the environment where the servers are.
#![allow(clippy::disallowed_methods)]

mod breaking;
mod server;

use server::Database;

const NOTHING: [&str; 0] = [];
const UNTIL: [&str; 2] = ["--until", "2026-06-01T12:00:00Z"];

#[test]
fn what_is_seeded_keeps_every_rule_and_every_rule_can_be_broken() {
    let Some(database) = Database::new("rules") else { return };
    let indexes = database.indexes();
    let said = database.seed(&["--tickets", "10000", "--comments", "30000", UNTIL[0], UNTIL[1]]).succeeded();
    assert!(said.contains("100 %") || said.contains("10,000 tickets"), "{said}");
    assert_eq!(database.query("SELECT count(*) FROM tickets"), "10000");
    assert_eq!(database.query("SELECT count(*) FROM ticket_comments"), "30000");
    assert_eq!(
        database.query("SELECT max(ticket_number), nextval('ticket_number_seq') FROM tickets"),
        "HD-010000|10001"
    );
    assert_eq!(database.changed(&indexes), NOTHING);
    assert_eq!(database.query("SELECT count(*) FROM outbox"), "0");

    breaking::each_rule(&database);

    database.query("UPDATE tickets SET version = version + 1 WHERE ticket_number = 'HD-000007'");
    let complaint = database.seed(&["--check"]).failed();
    assert!(complaint.contains("1 of ") && complaint.contains("version counts its changes"), "{complaint}");
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_one_others() {
    let (Some(one), Some(two), Some(three)) =
        (Database::new("one"), Database::new("two"), Database::new("three"))
    else {
        return;
    };
    let size = ["--tickets", "4100", "--comments", "8000", "--users", "300", "--agents", "7"];
    let with = |seed| [&size[..], &UNTIL, &["--seed", seed]].concat();
    one.seed(&with("5")).succeeded();
    two.seed(&with("5")).succeeded();
    three.seed(&with("6")).succeeded();
    assert_eq!(one.digest(), two.digest());
    assert_ne!(one.digest(), three.digest());
}

#[test]
fn a_database_that_holds_tickets_is_only_added_to_when_that_is_said() {
    let Some(database) = Database::new("append") else { return };
    let first = ["--tickets", "1200", UNTIL[0], UNTIL[1]];
    database.seed(&first).succeeded();
    let refusal = database.seed(&first).failed();
    assert!(refusal.contains("holds tickets already") && refusal.contains("--append"), "{refusal}");
    database.seed(&["--tickets", "300", UNTIL[0], UNTIL[1], "--append"]).succeeded();
    assert_eq!(database.query("SELECT count(*), max(ticket_number) FROM tickets"), "1500|HD-001500");
}

#[test]
fn an_interrupted_seeding_says_what_it_leaves_and_can_be_finished() {
    let Some(database) = Database::new("interrupted") else { return };
    let indexes = database.indexes();
    let seeding = database.begin(&["--tickets", "500000", UNTIL[0], UNTIL[1]]);
    database.wait_for("SELECT EXISTS (SELECT FROM tickets)");
    let (code, said) = seeding.interrupt();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("Each ticket that is there is whole") && said.contains("seed --finish"), "{said}");
    assert_ne!(database.changed(&indexes), NOTHING);
    database.wait_for("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'helpdesk seed' AND datname = current_database()");

    let refusal = database.seed(&["--tickets", "10", "--append"]).failed();
    assert!(refusal.contains("seed --finish"), "{refusal}");
    let broken = database.seed(&["--check"]).failed();
    assert!(broken.contains("the workshop is gone"), "{broken}");

    database.seed(&["--finish"]).succeeded();
    assert_eq!(database.changed(&indexes), NOTHING);
    database.seed(&["--finish"]).succeeded();
    database.seed(&["--check"]).succeeded();
}

#[test]
fn so_many_comments_as_there_is_no_room_for_are_refused_before_anything_is_changed() {
    let Some(database) = Database::new("crowded") else { return };
    let indexes = database.indexes();
    let refusal = database.seed(&["--tickets", "10", "--comments", "401"]).failed();
    assert!(
        refusal.contains("0 to 40 on each") && refusal.contains("the tickets are untouched"),
        "{refusal}"
    );
    assert_eq!(database.changed(&indexes), NOTHING);
    database.seed(&["--tickets", "10", "--comments", "100"]).succeeded();
}

#[test]
fn without_an_address_it_says_what_to_do() {
    let complaint = server::xtask(&["seed"]).failed();
    assert!(complaint.contains("Say --database postgres://"), "{complaint}");
}
