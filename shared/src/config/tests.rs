use std::time::Duration;

use super::*;

const DEFAULTS: &str = "port = 3003\ntitle_max = 255\nkey = \"\"\nwindow = \"7d\"\n";

fn read(sources: &Sources) -> Result<Common, Faults> {
    let mut settings = Settings::new("tickets", DEFAULTS, sources);
    let common = Common::read(&mut settings);
    settings.finish(common)
}

fn faults(sources: &Sources) -> String {
    read(sources).unwrap_err().to_string()
}

#[test]
fn the_defaults_alone_are_a_whole_embedded_configuration() {
    let common = read(&Sources::of("", [])).unwrap();
    assert_eq!(common.http.port, 3003);
    assert_eq!(common.database.url.expose(), "sqlite://./data/tickets.db");
    assert_eq!(common.events.bus, EventBus::Local);
    assert!(common.cache.redis_url.is_none());
    assert_eq!(common.http.drain, Duration::from_secs(30));
    assert!(common.http.workers >= 1);
}

#[test]
fn later_layers_win_up_to_the_prefixed_environment() {
    let toml = "host = \"0.0.0.0\"\nlog_level = \"warn\"\n[tickets]\nport = 4003\nlog_level = \"debug\"";
    let sources = Sources::of(toml, []).default_to("port", "9");
    let common = read(&sources).unwrap();
    assert_eq!((common.http.host.to_string().as_str(), common.http.port), ("0.0.0.0", 4003));
    assert_eq!(common.telemetry.log_level, "debug");
    assert_eq!(read(&Sources::of("", []).default_to("port", "9")).unwrap().http.port, 9);

    let sources = sources.with("PORT", "5003");
    assert_eq!(read(&sources).unwrap().http.port, 5003);
    let sources = sources.with("TICKETS_PORT", "6003").with("USERS_PORT", "1");
    assert_eq!(read(&sources).unwrap().http.port, 6003);
}

#[test]
fn all_faults_are_told_at_once_by_their_key_in_words() {
    let toml = "hosst = \"::1\"\n[tickets]\nport = 70000\ntitel_max = 3\n[tikets]\nport = 1";
    let sources = Sources::of(
        toml,
        [
            ("REDIS_URL", "rediss://:hunter2@cache:6379"),
            ("REDIS_TIMEOUT", "0ms"),
            ("EVENTS", "jetstream"),
            ("DRAIN_TIMEOUT", "soon"),
            ("CORS_ORIGINS", "https://a.example/x, https://b.example"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.0/99"),
            ("TICKETS_HSOT", "::1"),
            ("LOG_LEVEL", "tickets=loud"),
            ("MIGRATE_ON_START", "maybe"),
            ("HOST", "localhost"),
            ("AUTH_SERVICE_URL", ""),
        ],
    );
    let faults = faults(&sources);
    for told in [
        "helpdesk.toml: hosst: is not a setting that all services have; did you mean host?",
        "helpdesk.toml: [tickets] titel_max: is not a setting; did you mean title_max?",
        "helpdesk.toml: [tikets]: is not a service; did you mean tickets?",
        "tickets: TICKETS_HSOT: is not a setting; did you mean TICKETS_HOST?",
        "tickets: PORT: “70000” is not a number from 0 to 65535 (helpdesk.toml: [tickets] port)",
        "tickets: REDIS_URL: is a rediss: URL; wanted is redis://…",
        "tickets: REDIS_TIMEOUT: is no time at all",
        "tickets: NATS_URL: is not set, and EVENTS is jetstream",
        "tickets: DRAIN_TIMEOUT: “soon” is not a duration",
        "tickets: CORS_ORIGINS: “https://a.example/x” is not an origin",
        "tickets: TRUSTED_PROXIES: “10.0.0.0/99” is neither an address nor a network",
        "tickets: LOG_LEVEL: “tickets=loud” is not a filter",
        "tickets: MIGRATE_ON_START: “maybe” is neither true nor false",
        "tickets: HOST: “localhost” cannot be used",
        "tickets: AUTH_SERVICE_URL: ",
    ] {
        assert!(faults.contains(told), "missing: {told}\nin:\n{faults}");
    }
    assert!(!faults.contains("hunter2"));
}

#[test]
fn a_file_that_is_not_toml_is_told_by_its_line_without_its_text() {
    let faults = faults(&Sources::of("host = \"::1\"\nredis_url redis://:hunter2@cache\n", []));
    assert!(faults.contains("is not TOML: line 2"), "{faults}");
    assert!(!faults.contains("hunter2"));
}

#[test]
fn any_key_may_come_from_a_file() {
    let folder = std::env::temp_dir().join(format!("helpdesk-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("url");
    std::fs::write(&path, "postgres://app:hunter2@db/tickets\n").unwrap();
    let path = path.to_str().unwrap();

    let common = read(&Sources::of("", [("DATABASE_URL_FILE", path)])).unwrap();
    assert_eq!(common.database.url.expose(), "postgres://app:hunter2@db/tickets");
    assert!(!format!("{common:?}").contains("hunter2"));
    let toml = format!("[tickets]\ndatabase_url_file = {path:?}");
    assert_eq!(read(&Sources::of(&toml, [])).unwrap().database.redacted(), "postgres://app:***@db/tickets");

    let both = Sources::of("", [("DATABASE_URL_FILE", path), ("DATABASE_URL", "postgres://db/x")]);
    assert!(faults(&both).contains("tickets: DATABASE_URL: is set, and DATABASE_URL_FILE too"));
    let missing = Sources::of("", [("TICKETS_KEY_FILE", "/nowhere/key")]);
    assert!(faults(&missing).contains("tickets: TICKETS_KEY_FILE: /nowhere/key cannot be read"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn six_services_never_share_a_database() {
    let one = Sources::of("", [("DATABASE_URL", "postgres://db/helpdesk")]);
    assert!(read(&one).is_ok());
    assert!(faults(&one.clone().all_in_one()).contains("each needs a database of its own"));
    assert!(
        faults(&Sources::of("database_url = \"postgres://db/x\"", []))
            .contains("(helpdesk.toml: database_url)")
    );
    let own = one.all_in_one().with("TICKETS_DATABASE_URL", "postgres://db/tickets");
    assert_eq!(read(&own).unwrap().database.url.expose(), "postgres://db/tickets");
    let each = Sources::of("", [("DATABASE_URL", "postgres://db/helpdesk_{service}")]).all_in_one();
    assert_eq!(read(&each).unwrap().database.url.expose(), "postgres://db/helpdesk_tickets");
}

#[test]
fn production_refuses_what_is_embedded() {
    let sources = Sources::of("", [("HELPDESK_ENV", "production")]);
    let told = faults(&sources);
    for key in ["DATABASE_URL", "EVENTS", "REDIS_URL"] {
        assert!(told.contains(&format!("tickets: {key}: is refused in production")), "{told}");
    }
    let real = sources
        .with("DATABASE_URL", "postgres://db/tickets")
        .with("NATS_URL", "nats://n1:4222, nats://n2:4222")
        .with("REDIS_URL", "redis://cache:6379/");
    let common = read(&real).unwrap();
    assert_eq!(common.events.bus, EventBus::JetStream);
    assert_eq!(common.events.nats_url, "nats://n1:4222,nats://n2:4222");
}

#[test]
fn who_one_is_to_nats_is_said_whole_and_once_and_not_printed() {
    let nats = Sources::of("", [("NATS_URL", "nats://old:hunter2@n1:4222,nats://n2:4222")]);
    let common = read(&nats).unwrap();
    assert!(matches!(common.events.identity, NatsIdentity::Nobody));
    assert_eq!(common.events.redacted(), "nats://old:***@n1:4222, nats://n2:4222");

    let named = nats.clone().with("NATS_USER", "tickets");
    assert!(faults(&named).contains("tickets: NATS_PASSWORD: is not set, and NATS_USER is"));
    let whole = named.with("TICKETS_NATS_PASSWORD", "hunter2");
    let identity = read(&whole).unwrap().events.identity;
    assert!(matches!(&identity, NatsIdentity::User { name, password }
        if name == "tickets" && password.expose() == "hunter2"));
    assert!(!format!("{identity:?}").contains("hunter2"));
    let both = whole.clone().with("NATS_CREDENTIALS", "-----BEGIN NATS USER JWT-----");
    assert!(faults(&both).contains("tickets: NATS_CREDENTIALS: is set, and NATS_PASSWORD too"));
    let own = read(&nats.with("NATS_PASSWORD", "hunter2")).unwrap().events.identity;
    assert!(matches!(own, NatsIdentity::User { name, .. } if name == "tickets"), "its own name by default");
}

#[test]
fn the_two_services_of_one_file_report_its_faults_once() {
    let sources = Sources::of("hosst = \"::1\"", []);
    let mut all = read(&sources).unwrap_err();
    let users = Settings::new("users", "port = 3002", &sources);
    all.extend(users.finish(()).unwrap_err());
    assert_eq!(all.iter().count(), 1);
}
