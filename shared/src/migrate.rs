//! Bringing a database up to date, from however many replicas at once.

use std::collections::BTreeSet;

use anyhow::Context;
use sea_orm_migration::MigratorTrait;

use crate::config::DatabaseConfig;
use crate::db::Db;

/// At a start: brings the database up to date, or, with `migrate_on_start` off, makes sure that it is.
///
/// # Errors
/// In words, when the database is behind and may not be changed, is ahead, or belongs to another service.
pub async fn migrate<M: MigratorTrait>(db: &Db, config: &DatabaseConfig) -> anyhow::Result<()> {
    if config.migrate_on_start {
        up::<M>(db).await.map(|_| ())
    } else {
        // Only reads: a role that may not create tables can start the service.
        let pending = M::get_pending_migrations_read_only(db.background().conn()).await;
        let pending =
            pending.with_context(|| format!("{}: the state of the database cannot be read", db.service()))?;
        let pending: Vec<&str> = pending.iter().map(|migration| migration.name()).collect();
        anyhow::ensure!(
            pending.is_empty(),
            "{}: the database lacks {}, and MIGRATE_ON_START is off: run `migrate` first",
            db.service(),
            pending.join(", ")
        );
        Ok(())
    }
}

/// Brings the database up to date, whatever the configuration says, and gives the names of what was applied. All or
/// nothing; of several who try at once one does it, and the others wait.
///
/// # Errors
/// In words, when it fails, or the database is ahead or belongs to another service.
pub async fn up<M: MigratorTrait>(db: &Db) -> anyhow::Result<Vec<String>> {
    let service = db.service();
    let failed = || format!("{service}: cannot bring the database up to date");
    // On SQLite the transaction alone keeps others out. The lock's name holds the schema, so that tests, each with one
    // of its own, do not wait for each other.
    let tx = db.background().begin().await.with_context(failed)?;
    if db.is_postgres() {
        let lock = "SELECT pg_advisory_xact_lock(hashtext('helpdesk migrate ' || current_schema()))";
        sea_orm::ConnectionTrait::execute_unprepared(&*tx, lock).await.with_context(failed)?;
    }
    let applied = M::get_migration_models(&*tx).await.with_context(failed)?;
    let pending = pending::<M>(applied, service)?;
    if !pending.is_empty() {
        M::up(&*tx, None).await.with_context(failed)?;
        tracing::info!(service, migrations = %pending.join(", "), "the database was brought up to date");
    }
    tx.commit().await.with_context(failed)?;
    Ok(pending)
}

/// What is not applied yet. Fails when something is that this program does not know.
fn pending<M: MigratorTrait>(
    applied: Vec<sea_orm_migration::seaql_migrations::Model>,
    service: &str,
) -> anyhow::Result<Vec<String>> {
    let applied: BTreeSet<String> = applied.into_iter().map(|row| row.version).collect();
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let foreign: Vec<&str> =
        applied.iter().filter(|name| !known.contains(name)).map(String::as_str).collect();
    anyhow::ensure!(
        foreign.is_empty(),
        "{service}: the database holds {}, which this program does not know: it belongs to another service \
         (each needs its own), or a newer version has been there",
        foreign.join(", ")
    );
    Ok(known.into_iter().filter(|name| !applied.contains(name)).collect())
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::prelude::*;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Secret;

    struct Ours;
    struct Theirs;
    struct Table(&'static str);

    #[async_trait::async_trait]
    impl MigratorTrait for Ours {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Table("ours_0001"))]
        }
    }

    #[async_trait::async_trait]
    impl MigratorTrait for Theirs {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Table("theirs_0001"))]
        }
    }

    impl MigrationName for Table {
        fn name(&self) -> &str {
            self.0
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Table {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            manager
                .get_connection()
                .execute_unprepared(&format!("CREATE TABLE {} (id INT)", self.0))
                .await
                .map(|_| ())
        }
    }

    async fn database(folder: &std::path::Path) -> (Db, DatabaseConfig) {
        let config = DatabaseConfig {
            service: "tickets",
            url: Secret::new(format!("sqlite://{}/tickets.db", folder.display())),
            max_connections: 2,
            background_connections: 2,
            migrate_on_start: true,
        };
        (Db::open(&config, Clock::system()).await.unwrap(), config)
    }

    #[tokio::test]
    async fn replicas_that_start_at_once_bring_the_database_up_to_date_once() {
        let folder = tempfile::tempdir().unwrap();
        let (db, config) = database(folder.path()).await;
        let starts = (0..5).map(|_| migrate::<Ours>(&db, &config));
        assert!(futures_util::future::join_all(starts).await.iter().all(Result::is_ok));
        assert!(up::<Ours>(&db).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn replicas_that_start_at_once_do_not_trip_over_each_other_on_postgresql() {
        #[allow(clippy::disallowed_methods, reason = "tests are told of servers by the environment")]
        let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
            eprintln!("left out: PostgreSQL (TEST_DATABASE_URL is not set)");
            return;
        };
        let admin = sea_orm::Database::connect(&server).await.unwrap();
        let name = format!("helpdesk_migrate_{}", std::process::id());
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let mut url = reqwest::Url::parse(&server).unwrap();
        url.set_path(&name);
        let config = DatabaseConfig {
            service: "tickets",
            url: Secret::new(url),
            max_connections: 1,
            background_connections: 1,
            migrate_on_start: true,
        };
        let replicas: Vec<Db> = futures_util::future::join_all(
            (0..6).map(|_| async { Db::open(&config, Clock::system()).await.unwrap() }),
        )
        .await;
        let starts = replicas.iter().map(|db| migrate::<Ours>(db, &config));
        let outcomes = futures_util::future::join_all(starts).await;
        for db in replicas {
            db.close().await;
        }
        admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        for outcome in outcomes {
            outcome.unwrap();
        }
    }

    #[tokio::test]
    async fn with_migrate_on_start_off_a_database_that_is_behind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (db, mut config) = database(folder.path()).await;
        config.migrate_on_start = false;
        let refusal = migrate::<Ours>(&db, &config).await.unwrap_err().to_string();
        assert!(
            refusal.contains("tickets: the database lacks ours_0001, and MIGRATE_ON_START is off"),
            "{refusal}"
        );
        up::<Ours>(&db).await.unwrap();
        migrate::<Ours>(&db, &config).await.unwrap();
    }

    #[tokio::test]
    async fn the_database_of_another_service_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (db, config) = database(folder.path()).await;
        migrate::<Theirs>(&db, &config).await.unwrap();
        let refusal = migrate::<Ours>(&db, &config).await.unwrap_err().to_string();
        assert!(refusal.contains("holds theirs_0001, which this program does not know"), "{refusal}");
    }
}
