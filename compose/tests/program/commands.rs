use serde_json::json;

use crate::support::{Ended, Launch};

fn assert_well(ended: &Ended) {
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
}

#[tokio::test]
async fn config_check_says_where_everything_goes_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path())
        .arguments(&["config", "check"])
        .with("DATABASE_URL", "postgres://app:hunter2@db.example.com/helpdesk_{service}")
        .with("NATS_URL", "nats://user:hunter2@nats.example.com:4222")
        .with("REDIS_URL", "redis://:hunter2@cache.example.com:6379")
        .with("SMTP_URL", "smtps://user:hunter2@mail.example.com");
    let ended = launch.ended().await;
    assert_well(&ended);
    for word in [
        "The configuration is good",
        "postgres://app:***@db.example.com/helpdesk_tickets",
        "nats.example.com:4222",
        "cache.example.com",
        "mail.example.com",
        &launch.url("audit"),
    ] {
        assert!(ended.stdout.contains(word), "{word} is missing in:\n{}", ended.stdout);
    }
    assert!(!(ended.stdout + &ended.stderr).contains("hunter2"));
    assert!(!launch.data_dir().exists(), "looking changes nothing");
}

#[tokio::test]
async fn config_check_tells_all_faults() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path()).with("MAIL_POLL", "never").with("BCRYPT_COST", "1");
    let ended = launch.arguments(&["config", "check"]).ended().await;
    assert_eq!(ended.status.code(), Some(78), "{}", ended.stderr);
    assert!(ended.stderr.contains("MAIL_POLL") && ended.stderr.contains("BCRYPT_COST"), "{}", ended.stderr);
}

#[tokio::test]
async fn migrate_makes_the_tables_once() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path()).arguments(&["migrate"]);
    let ended = launch.ended().await;
    assert_well(&ended);
    assert!(ended.stdout.contains("tickets_0001") && ended.stdout.contains("audit_0001"), "{}", ended.stdout);
    let again = launch.ended().await;
    assert_well(&again);
    assert_eq!(again.stdout.matches("was up to date").count(), 6, "{}", again.stdout);
    launch.with("MIGRATE_ON_START", "false").arguments(&["serve"]).ready().await;
}

#[tokio::test]
async fn without_migrate_a_start_that_may_not_change_tables_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Launch::within(folder.path()).with("MIGRATE_ON_START", "false").ended().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("run `migrate` first"), "{}", ended.stderr);
}

#[tokio::test]
async fn healthcheck_tells_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    let check = launch.clone().arguments(&["healthcheck"]);
    let other = tempfile::tempdir().unwrap();
    assert_eq!(check.ended().await.status.code(), Some(1));
    let _program = launch.ready().await;
    // In a folder of its own, so that the two do not write to one file.
    let port = launch.port("HELPDESK_PORT").to_string();
    let ask = Launch::within(other.path()).with("HELPDESK_PORT", port);
    assert_well(&ask.clone().arguments(&["healthcheck"]).ended().await);
    let ready = format!("{}/ready", launch.url("tickets"));
    assert_well(&ask.clone().arguments(&["healthcheck", "--url", &ready]).ended().await);
    let none = format!("{}/nothing", launch.url("tickets"));
    assert_eq!(ask.arguments(&["healthcheck", "--url", &none]).ended().await.status.code(), Some(1));
}

#[tokio::test]
async fn admin_create_makes_somebody_who_can_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    std::fs::write(folder.path().join("password"), "from a file, long enough\n").unwrap();
    let create = ["admin", "create", "--email", "boss@example.com", "--password-file", "password"];
    let ended = launch.clone().arguments(&create).ended().await;
    assert_well(&ended);
    assert!(!ended.stdout.contains("from a file"), "{}", ended.stdout);
    let ended = launch.clone().arguments(&["admin", "create", "--email", "chief@example.com"]).ended().await;
    assert_well(&ended);
    let generated = ended.stdout.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap().to_owned();

    let program = launch.ready().await;
    for (email, password) in
        [("boss@example.com", "from a file, long enough"), ("chief@example.com", generated.as_str())]
    {
        let body = json!({ "email": email, "password": password });
        let login = reqwest::Client::new().post(format!("{}/auth/login", program.url())).json(&body);
        let answer: serde_json::Value = login.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["user"]["role"], "admin", "{email}: {answer}");
    }
}

#[tokio::test]
async fn admin_create_refuses_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch::within(folder.path());
    std::fs::write(folder.path().join("short"), "short\n").unwrap();
    for (arguments, word) in [
        (["admin", "create", "--email", "nobody", "--password-file", "short"], "helpdesk: "),
        (["admin", "create", "--email", "boss@example.com", "--password-file", "short"], "12"),
        (
            ["admin", "create", "--email", "boss@example.com", "--password-file", "missing"],
            "missing cannot be read",
        ),
    ] {
        let ended = launch.clone().arguments(&arguments).ended().await;
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(word), "{arguments:?}: {}", ended.stderr);
    }
}
