//! The role that the service has – owner of its tables, and no superuser – cannot change or delete rows of the trail, whatever
//! becomes of the triggers.

use migrations::audit;
use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection},
};

#[tokio::test]
async fn the_service_s_role_adds_to_the_trail_and_nothing_else() {
    #[allow(clippy::disallowed_methods, reason = "tests are told of servers by the environment")]
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("left out: PostgreSQL (TEST_DATABASE_URL is not set)");
        return;
    };
    let server = Database::connect(&url).await.unwrap();
    let role = format!("append_only_{}", std::process::id());
    let setup =
        format!("CREATE ROLE {role} LOGIN PASSWORD '{role}'; CREATE SCHEMA {role} AUTHORIZATION {role};");
    server.execute_unprepared(&setup).await.unwrap();

    let service = connect_as(&role, &url).await;
    audit::Migrator::up(&service, None).await.unwrap();
    add(&service, 1).await;
    add(&service, 2).await;
    let allowed = "ALTER TABLE trail DISABLE TRIGGER USER; ALTER TABLE trail_2026_03 DISABLE TRIGGER USER";
    service.execute_unprepared(allowed).await.unwrap();
    for table in ["trail", "trail_2026_03"] {
        for sql in [
            format!("UPDATE {table} SET action = 'X'"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let refused = service.execute_unprepared(&sql).await.unwrap_err().to_string();
            assert!(refused.contains("permission denied"), "{sql}: {refused}");
        }
    }
    add(&service, 3).await;

    // But that a month goes whole that lies in an archive.
    let go = "SELECT drop_trail_partition('2026-03-01T08:00:00Z')";
    let refused = service.execute_unprepared(go).await.unwrap_err().to_string();
    assert!(refused.contains("before they are in an archive"), "{refused}");
    let archived = "INSERT INTO archives VALUES (3, 1, now(), now(), '', '', 0, now(), '', '')";
    service.execute_unprepared(archived).await.unwrap();
    service.execute_unprepared(go).await.unwrap();
    add(&service, 4).await;

    service.close().await.unwrap();
    let clean = format!("DROP SCHEMA {role} CASCADE; DROP ROLE {role};");
    server.execute_unprepared(&clean).await.unwrap();
}

async fn connect_as(role: &str, url: &str) -> DatabaseConnection {
    let (_, place) = url.split_once('@').expect("the URL names a user");
    let mut options = ConnectOptions::new(format!("postgres://{role}:{role}@{place}"));
    options.set_schema_search_path(role).max_connections(1);
    Database::connect(options).await.unwrap()
}

async fn add(service: &DatabaseConnection, sequence: i64) {
    let sql = format!(
        "SELECT make_trail_partition('2026-03-01T08:00:00Z'); \
         INSERT INTO trail (sequence, recorded_at, event_id, \"timestamp\", action, resource_type, envelope, hash) \
         VALUES ({sequence}, '2026-03-01T08:00:00Z', gen_random_uuid(), now(), 'A', 'a', '{{}}', '')"
    );
    service.execute_unprepared(&sql).await.unwrap();
}
