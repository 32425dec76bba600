//! The trail.

use sea_orm::entity::prelude::*;

/// A row of the trail: the link, and what it is found by.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trail")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub recorded_at: ChronoDateTimeUtc,
    pub event_id: Uuid,
    pub timestamp: ChronoDateTimeUtc,
    pub action: String,
    pub resource_type: String,
    pub resource_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub envelope: String,
    pub sealed: Option<String>,
    pub hash: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
