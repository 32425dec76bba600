//! The database of auth: accounts, sessions, tokens, keys.

use sea_orm_migration::prelude::*;

use crate::{blocks, dialect};

/// Brings the database of auth up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "auth_0001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        blocks::create(manager).await?;
        dialect::run(manager, include_str!("sql/auth.sql")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop_tables(
            manager,
            &[
                "reset_requests",
                "login_attempts",
                "signing_keys",
                "one_time_tokens",
                "refresh_tokens",
                "sessions",
                "users",
            ],
        )
        .await?;
        blocks::drop(manager).await
    }

    // SQLite would run without one, and stop half-way on a fault.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
