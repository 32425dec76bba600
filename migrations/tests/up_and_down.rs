//! All six databases, up and down and up again, on SQLite and, where `TEST_DATABASE_URL` names one, on PostgreSQL.

use std::collections::BTreeSet;

use migrations::{audit, auth, files, notifications, tickets, users};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, Statement};

const BLOCKS: [&str; 6] = ["command_outbox", "failed_events", "idempotency_keys", "inbox", "outbox", "relay"];

/// The trail took the place of what `audit.sql` began with.
const AUDIT: &str = concat!(
    include_str!("../src/sql/audit_0002_trail.sqlite.sql"),
    include_str!("../src/sql/audit_0002_trail.sql"),
);

#[tokio::test]
async fn all_six_go_up_and_down_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    for service in ["auth", "users", "tickets", "files", "notifications", "audit"] {
        let url = format!("sqlite://{}/{service}.db?mode=rwc", folder.path().display());
        let database = Database::connect(url).await.unwrap();
        up_and_down(service, &database).await;
        database.close().await.unwrap();
    }
}

#[tokio::test]
async fn all_six_go_up_and_down_on_postgresql() {
    #[allow(clippy::disallowed_methods, reason = "tests are told of servers by the environment")]
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("left out: PostgreSQL (TEST_DATABASE_URL is not set)");
        return;
    };
    let server = Database::connect(&url).await.unwrap();
    for service in ["auth", "users", "tickets", "files", "notifications", "audit"] {
        let schema = format!("migrations_{service}_{}", std::process::id());
        server.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
        let mut options = ConnectOptions::new(&url);
        options.set_schema_search_path(&schema).max_connections(1);
        let database = Database::connect(options).await.unwrap();
        up_and_down(service, &database).await;
        database.close().await.unwrap();
        server.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
    }
}

async fn up_and_down(service: &str, database: &DatabaseConnection) {
    match service {
        "auth" => check::<auth::Migrator>(database, include_str!("../src/sql/auth.sql")).await,
        "users" => check::<users::Migrator>(database, include_str!("../src/sql/users.sql")).await,
        "tickets" => check::<tickets::Migrator>(database, include_str!("../src/sql/tickets.sql")).await,
        "files" => check::<files::Migrator>(database, include_str!("../src/sql/files.sql")).await,
        "notifications" => {
            check::<notifications::Migrator>(database, include_str!("../src/sql/notifications.sql")).await
        }
        _ => check::<audit::Migrator>(database, AUDIT).await,
    }
}

async fn check<M: MigratorTrait>(database: &DatabaseConnection, sql: &str) {
    M::up(database, None).await.unwrap();
    let tables = tables(database).await;
    let own = sql.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next());
    for table in BLOCKS.into_iter().chain(own) {
        assert!(tables.contains(table), "{table} is missing among {tables:?}");
    }
    assert_eq!(count(database, "SELECT count(*) AS n FROM relay WHERE next_sequence = 1").await, 1);

    M::down(database, None).await.unwrap();
    assert_eq!(self::tables(database).await, BTreeSet::from(["seaql_migrations".to_owned()]));
    M::up(database, None).await.unwrap();
}

async fn tables(database: &DatabaseConnection) -> BTreeSet<String> {
    let sql = match database.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let rows =
        database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

async fn count(database: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}
