//! The database of files: their description; the bytes are in the object store.

use sea_orm_migration::prelude::*;

use crate::{blocks, dialect};

/// Brings the database of files up to date.
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
        "files_0001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        blocks::create(manager).await?;
        dialect::run(manager, include_str!("sql/files.sql")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop_tables(manager, &["file_access_logs", "uploads", "files"]).await?;
        blocks::drop(manager).await
    }

    // SQLite would run without one, and stop half-way on a fault.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
