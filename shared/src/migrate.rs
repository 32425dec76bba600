//! Bringing a database up to date, from however many replicas at once.

use std::collections::BTreeSet;

use anyhow::Context;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use crate::config::DatabaseConfig;
use crate::db::Db;

/// At a start: brings the database up to date, or, with `migrate_on_start` off, makes sure that it is.
///
/// A database that a newer version of this service has brought further is taken as it is: migrations only add (a test of
/// `migrations` sees to that), so the release before runs on it, beside its successor or in its place again.
///
/// # Errors
/// In words, when the database is behind and may not be changed, or belongs to another service.
pub async fn migrate<M: MigratorTrait>(db: &Db, config: &DatabaseConfig) -> anyhow::Result<()> {
    if config.migrate_on_start {
        up::<M>(db).await.map(|_| ())
    } else {
        let service = db.service();
        let applied = applied(db)
            .await
            .with_context(|| format!("{service}: the state of the database cannot be read"))?;
        let pending = pending::<M>(&applied, service)?;
        anyhow::ensure!(
            pending.is_empty(),
            "{service}: the database lacks {}, and MIGRATE_ON_START is off: run `migrate` first",
            pending.join(", ")
        );
        Ok(())
    }
}

/// Brings the database up to date, whatever the configuration says, and gives the names of what was applied. All or
/// nothing; of several who try at once one does it, and the others wait.
///
/// # Errors
/// In words, when it fails, or the database belongs to another service.
pub async fn up<M: MigratorTrait>(db: &Db) -> anyhow::Result<Vec<String>> {
    let service = db.service();
    let failed = || format!("{service}: cannot bring the database up to date");
    // On SQLite the transaction alone keeps others out. The lock's name holds the schema, so that tests, each with one
    // of its own, do not wait for each other.
    let tx = db.background().orm_transaction().await.with_context(failed)?;
    if db.is_postgres() {
        let lock = "SELECT pg_advisory_xact_lock(hashtext('helpdesk migrate ' || current_schema()))";
        tx.execute_unprepared(lock).await.with_context(failed)?;
    }
    let applied = M::get_migration_models(&tx).await.with_context(failed)?;
    let applied = applied.into_iter().map(|row| row.version).collect();
    let pending = pending::<M>(&applied, service)?;
    if !pending.is_empty() {
        M::up(&tx, None).await.with_context(failed)?;
        tracing::info!(service, migrations = %pending.join(", "), "the database was brought up to date");
    }
    tx.commit().await.with_context(failed)?;
    Ok(pending)
}

/// What is applied. Only reads: a role that may not create tables can start the service.
async fn applied(db: &Db) -> Result<BTreeSet<String>, DbErr> {
    let db = db.background();
    let conn = db.conn();
    if !SchemaManager::new(db.pool()).has_table("seaql_migrations").await? {
        return Ok(BTreeSet::new());
    }
    let rows = conn.query_all_raw(db.sql("SELECT version FROM seaql_migrations", [])).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// What is not applied yet. What this program does not know is a newer version's of this service, or not this service's.
fn pending<M: MigratorTrait>(applied: &BTreeSet<String>, service: &str) -> anyhow::Result<Vec<String>> {
    let known: BTreeSet<String> =
        M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let pending: Vec<String> = known.difference(applied).cloned().collect();
    let unknown: Vec<&str> = applied.difference(&known).map(String::as_str).collect();
    // Every migration is named after its service. Their numbers say nothing more: of two that were made side by side the lower
    // may have come later.
    let own = format!("{service}_");
    if let Some(foreign) = unknown.iter().find(|name| !name.starts_with(&own)) {
        anyhow::bail!(
            "{service}: the database holds {foreign}, which this program does not know: it belongs to another service \
             (each needs its own)"
        );
    }
    if !unknown.is_empty() {
        anyhow::ensure!(
            pending.is_empty(),
            "{service}: the database holds {}, which this program does not know, and lacks {}: it was not made by a \
             newer version of this program",
            unknown.join(", "),
            pending.join(", ")
        );
        tracing::warn!(
            service,
            migrations = %unknown.join(", "),
            "a newer version has been at the database; this one goes on with what it knows of it"
        );
    }
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::prelude::*;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Secret;

    struct Ours;
    /// The release after it.
    struct Next;
    struct Theirs;
    struct Table(&'static str);

    #[async_trait::async_trait]
    impl MigratorTrait for Ours {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Table("tickets_0001"))]
        }
    }

    #[async_trait::async_trait]
    impl MigratorTrait for Next {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Table("tickets_0001")), Box::new(Table("tickets_0002_more"))]
        }
    }

    #[async_trait::async_trait]
    impl MigratorTrait for Theirs {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Table("users_0001"))]
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
            workers: 1,
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
            workers: 1,
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
            refusal.contains("tickets: the database lacks tickets_0001, and MIGRATE_ON_START is off"),
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
        assert!(refusal.contains("holds users_0001, which this program does not know"), "{refusal}");
    }

    #[tokio::test]
    async fn what_a_newer_version_has_brought_further_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (db, mut config) = database(folder.path()).await;
        migrate::<Next>(&db, &config).await.unwrap();
        assert!(up::<Ours>(&db).await.unwrap().is_empty());
        for migrate_on_start in [true, false] {
            config.migrate_on_start = migrate_on_start;
            migrate::<Ours>(&db, &config).await.unwrap();
        }
    }

    #[test]
    fn what_is_neither_ours_nor_newer_than_ours_is_told_from_what_is() {
        let judged = |applied: &[&str]| {
            let applied = applied.iter().map(|&name| name.to_owned()).collect();
            pending::<Next>(&applied, "tickets").map_err(|refusal| refusal.to_string())
        };
        let both = ["tickets_0001", "tickets_0002_more"];
        assert_eq!(judged(&[]).unwrap(), both);
        assert_eq!(judged(&both[..1]).unwrap(), both[1..]);
        assert!(judged(&both).unwrap().is_empty());
        assert!(judged(&[both[0], "tickets_0001_beside", both[1], "tickets_0003"]).unwrap().is_empty());
        for (applied, words) in [
            (vec!["users_0001"], "holds users_0001, which this program does not know: it belongs to another"),
            (vec![both[0], both[1], "users_0003"], "holds users_0003"),
            (
                vec![both[0], "tickets_0003"],
                "holds tickets_0003, which this program does not know, and lacks",
            ),
        ] {
            let refusal = judged(&applied).unwrap_err();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
