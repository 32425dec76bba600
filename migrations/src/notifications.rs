//! The database of notifications: recipients, deliveries, preferences.

use sea_orm_migration::prelude::*;

use crate::{blocks, dialect};

/// Brings the database of notifications up to date.
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
        "notifications_0001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        blocks::create(manager).await?;
        dialect::run(manager, include_str!("sql/notifications.sql")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop_tables(manager, &["preferences", "deliveries", "recipients"]).await?;
        blocks::drop(manager).await
    }

    // SQLite would run without one, and stop half-way on a fault.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
