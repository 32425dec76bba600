//! What every service's database has: outbox, command outbox, relay, inbox, failed events, idempotency keys.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Creates the tables that every database has.
///
/// # Errors
/// When the database refuses.
pub async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    dialect::run(manager, include_str!("sql/blocks.sql")).await
}

/// Drops them again.
///
/// # Errors
/// When the database refuses.
pub async fn drop(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for table in ["idempotency_keys", "failed_events", "inbox", "relay", "command_outbox", "outbox"] {
        dialect::run(manager, &format!("DROP TABLE {table}")).await?;
    }
    Ok(())
}
