use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::domain::Attachment;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub file_id: Uuid,
    pub uploaded_by: Uuid,
    pub file_name: Option<String>,
    pub file_size: Option<i64>,
    pub created_at: Timestamp,
    pub file_version: i64,
    pub is_deleted: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Attachment {
    fn from(row: Model) -> Self {
        Self {
            file_id: row.file_id.into(),
            ticket_id: row.ticket_id.into(),
            file_name: row.file_name.unwrap_or_default(),
            file_size: row.file_size.unwrap_or_default(),
            uploaded_by: row.uploaded_by.into(),
            created_at: row.created_at,
        }
    }
}
