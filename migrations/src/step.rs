//! One step of a database's growth: named, with its statements up and down.

use sea_orm_migration::prelude::*;

use crate::{blocks, dialect};

/// A migration as data.
pub(crate) struct Step {
    /// Its name in the table of migrations. Never changed once it was applied anywhere.
    pub name: &'static str,
    /// Whether it makes the tables that every database has; the first step of each does.
    pub blocks: bool,
    /// What it does.
    pub up: &'static [Sql],
    /// What undoes it.
    pub down: &'static [Sql],
}

/// Statements for one database, or for both.
pub(crate) enum Sql {
    /// Written for PostgreSQL, translated for SQLite.
    Both(&'static str),
    /// What SQLite has no word for.
    Postgres(&'static str),
    /// What takes its place there.
    Sqlite(&'static str),
}

impl Step {
    async fn run(manager: &SchemaManager<'_>, statements: &[Sql]) -> Result<(), DbErr> {
        let is_postgres = dialect::is_postgres(manager);
        for statement in statements {
            match statement {
                Sql::Both(sql) => dialect::run(manager, sql).await?,
                Sql::Postgres(sql) if is_postgres => dialect::run(manager, sql).await?,
                Sql::Sqlite(sql) if !is_postgres => dialect::run(manager, sql).await?,
                Sql::Postgres(_) | Sql::Sqlite(_) => {}
            }
        }
        Ok(())
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.blocks {
            blocks::create(manager).await?;
        }
        Self::run(manager, self.up).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Self::run(manager, self.down).await?;
        if self.blocks {
            blocks::drop(manager).await?;
        }
        Ok(())
    }

    // SQLite would run without one, and stop half-way on a fault.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Defines the `Migrator` of a database from its steps, in their order.
macro_rules! migrator {
    ($($step:expr),+ $(,)?) => {
        /// Brings the database of this service up to date.
        pub struct Migrator;

        impl sea_orm_migration::MigratorTrait for Migrator {
            fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
                vec![$(Box::new($step)),+]
            }
        }
    };
}
pub(crate) use migrator;
