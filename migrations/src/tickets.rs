//! The database of tickets: tickets, comments, history, attachments.

use sea_orm_migration::prelude::*;

use crate::{blocks, dialect};

/// Brings the database of tickets up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

struct First;

/// Where ticket numbers come from. A number is never given twice; one may be lost to a rollback.
const NUMBERS_POSTGRES: &str = "CREATE SEQUENCE ticket_number_seq AS BIGINT";
/// SQLite remembers the highest that AUTOINCREMENT gave, so the rows may be deleted at once.
const NUMBERS_SQLITE: &str = "CREATE TABLE ticket_numbers (number INTEGER PRIMARY KEY AUTOINCREMENT)";

impl MigrationName for First {
    fn name(&self) -> &str {
        "tickets_0001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        blocks::create(manager).await?;
        dialect::run(manager, include_str!("sql/tickets.sql")).await?;
        dialect::run(manager, if dialect::is_postgres(manager) { NUMBERS_POSTGRES } else { NUMBERS_SQLITE })
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let numbers =
            if dialect::is_postgres(manager) { "SEQUENCE ticket_number_seq" } else { "TABLE ticket_numbers" };
        dialect::run(manager, &format!("DROP {numbers}")).await?;
        dialect::drop_tables(
            manager,
            &["ticket_attachments", "ticket_history", "ticket_comments", "tickets"],
        )
        .await?;
        blocks::drop(manager).await
    }

    // SQLite would run without one, and stop half-way on a fault.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
