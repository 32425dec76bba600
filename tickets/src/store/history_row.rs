use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;
use uuid::Uuid;

use super::ticket_row::unreadable;
use crate::domain::HistoryEntry;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub user_id: Option<Uuid>,
    pub action: String,
    pub field_name: Option<String>,
    pub old_value: Option<String>,
    pub new_value: Option<String>,
    pub comment: Option<String>,
    pub version: i64,
    pub is_internal: bool,
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
            user_id: Set(entry.user_id.map(Uuid::from)),
            action: Set(entry.action.as_str().to_owned()),
            field_name: Set(entry.field),
            old_value: Set(entry.old),
            new_value: Set(entry.new),
            comment: Set(entry.comment),
            version: Set(entry.version),
            is_internal: Set(entry.is_internal),
            created_at: Set(entry.created_at),
        }
    }
}

impl TryFrom<Model> for HistoryEntry {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id.into(),
            ticket_id: row.ticket_id.into(),
            user_id: row.user_id.map(Into::into),
            action: row.action.parse().map_err(unreadable)?,
            field: row.field_name,
            old: row.old_value,
            new: row.new_value,
            comment: row.comment,
            version: row.version,
            is_internal: row.is_internal,
            created_at: row.created_at,
        })
    }
}
