use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;
use uuid::Uuid;

use crate::domain::{Comment, Content};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_comments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ticket_id: Uuid,
    pub user_id: Uuid,
    pub content: String,
    pub is_internal: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Comment> for ActiveModel {
    fn from(comment: &Comment) -> Self {
        Self {
            id: Set(comment.id.0),
            ticket_id: Set(comment.ticket_id.0),
            user_id: Set(comment.user_id.0),
            content: Set(comment.content.as_str().to_owned()),
            is_internal: Set(comment.is_internal),
            created_at: Set(comment.created_at),
            updated_at: Set(comment.updated_at),
        }
    }
}

impl From<Model> for Comment {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            ticket_id: row.ticket_id.into(),
            user_id: row.user_id.into(),
            content: Content::stored(row.content),
            is_internal: row.is_internal,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
