//! Every event as it came, in the order of the feed.

use sea_orm::entity::prelude::*;

/// An event as it came.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "raw_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub feed_sequence: i64,
    #[sea_orm(unique)]
    pub event_id: Uuid,
    pub event_type: String,
    pub service: String,
    pub service_sequence: i64,
    pub aggregate_id: Uuid,
    pub aggregate_version: i64,
    pub timestamp: ChronoDateTimeUtc,
    pub envelope: String,
    pub received_at: ChronoDateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
