//! The database of users: profiles and activities.

use sea_orm_migration::prelude::*;

use crate::{blocks, dialect};

/// Brings the database of users up to date.
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
        "users_0001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        blocks::create(manager).await?;
        dialect::run(manager, include_str!("sql/users.sql")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop_tables(manager, &["user_activities", "user_profiles"]).await?;
        blocks::drop(manager).await
    }

    // SQLite would run without one, and stop half-way on a fault.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
