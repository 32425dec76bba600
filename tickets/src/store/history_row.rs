use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::domain::HistoryEntry;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub user_id: Uuid,
    pub action: String,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<HistoryEntry> for ActiveModel {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            id: Set(entry.id.0),
            ticket_id: Set(entry.ticket_id.0),
            user_id: Set(entry.user_id.0),
            action: Set(entry.action.as_str().to_owned()),
            created_at: Set(entry.created_at),
        }
    }
}
