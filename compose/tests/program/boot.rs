use std::{net::TcpListener, path::Path};

use crate::support::{Ended, Launch};

/// One clear end: the code, and words without a backtrace.
fn assert_told(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(code), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "“{word}” is missing in:\n{}", ended.stderr);
    }
    for noise in ["panicked", "RUST_BACKTRACE", "stack backtrace", "Error {"] {
        assert!(!ended.stderr.contains(noise), "{}", ended.stderr);
    }
}

fn nothing_was_made(folder: &Path) -> bool {
    !folder.join("data/tickets.db").exists()
}

#[tokio::test]
async fn taken_ports_are_told_each_by_its_service_and_setting() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    let taken = |key| TcpListener::bind(("127.0.0.1", launch.port(key))).unwrap();
    let _taken = (taken("TICKETS_PORT"), taken("HELPDESK_PORT"));
    let ended = launch.ended().await;
    let tickets = format!("tickets cannot listen on 127.0.0.1:{}", launch.port("TICKETS_PORT"));
    let all = format!("helpdesk cannot listen on 127.0.0.1:{}", launch.port("HELPDESK_PORT"));
    assert_told(&ended, 1, &[&tickets, "set TICKETS_PORT", &all, "set HELPDESK_PORT"]);
    assert!(nothing_was_made(folder.path()), "the ports come first");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // Below a file no folder can be made, not even by root, who runs the tests in many a container.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let data = folder.path().join("file/data").display().to_string();
    let ended = Launch::within(folder.path()).with("HELPDESK_DATA_DIR", &data).ended().await;
    assert_told(
        &ended,
        1,
        &["helpdesk: the data folder ", &data, "cannot be written to (HELPDESK_DATA_DIR)"],
    );
}

#[tokio::test]
async fn a_folder_that_another_process_has_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let first = Launch::within(folder.path()).ready().await;
    let other = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let ended = Launch::within(other.path()).with("HELPDESK_DATA_DIR", &data).ended().await;
    assert_told(
        &ended,
        1,
        &["another helpdesk is running on the data folder ", &data, "set HELPDESK_DATA_DIR"],
    );
    drop(first);
}

#[tokio::test]
async fn bad_settings_are_told_all_at_once_by_their_keys_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("helpdesk.toml"), "colour = \"red\"\n[tikets]\nport = 1\n").unwrap();
    let ended = Launch::within(folder.path())
        .with("TICKETS_DATABASE_URL", "mysql://root:hunter2@db/tickets")
        .with("AUDIT_PORT", "many")
        .with("JWT_EXPIRES_IN", "soon")
        .with("SMTP_URL", "http://user:hunter2@mail")
        .ended()
        .await;
    let keys =
        ["tickets: TICKETS_DATABASE_URL: ", "audit: AUDIT_PORT: ", "auth: JWT_EXPIRES_IN: ", "SMTP_URL: "];
    assert_told(&ended, 78, &keys);
    assert_told(&ended, 78, &["colour", "[tikets]", "did you mean tickets?"]);
    assert_eq!(ended.stderr.matches("colour").count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    assert!(nothing_was_made(folder.path()));
}

#[tokio::test]
async fn production_refuses_what_is_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Launch::within(folder.path()).with("HELPDESK_ENV", "production").ended().await;
    assert_told(
        &ended,
        78,
        &["DATABASE_URL", "EVENTS", "REDIS_URL", "JWT_SECRET", "SMTP_URL", "S3_ENDPOINT"],
    );
}

#[tokio::test]
async fn a_database_that_is_not_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(
        folder.path().join("data/tickets.db"),
        "this is a text, and a rather long one at that".repeat(100),
    )
    .unwrap();
    let ended = Launch::within(folder.path()).ended().await;
    assert_told(&ended, 1, &["tickets: ", "tickets.db"]);
}

#[tokio::test]
async fn a_service_that_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Launch::within(folder.path()).arguments(&["serve", "--only", "tickets,audits"]).ended().await;
    assert_told(&ended, 2, &["invalid value 'audits'", "audit"]);
    let ended = Launch::within(folder.path()).arguments(&["serve", "--only", "tickets"]).ended().await;
    assert_told(&ended, 78, &["tickets: EVENTS: is local", "set NATS_URL"]);
}
