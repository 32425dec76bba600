use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;

use crate::domain::{Activity, PastActivity};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_activities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub activity_type: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub activity_data: Json,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Activity> for ActiveModel {
    fn from(activity: Activity) -> Self {
        Self {
            id: Set(activity.id.0),
            user_id: Set(activity.user_id.0),
            activity_type: Set(activity.deed.kind().to_owned()),
            activity_data: Set(activity.deed.data()),
            created_at: Set(activity.created_at),
        }
    }
}

impl From<Model> for PastActivity {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            kind: row.activity_type,
            data: row.activity_data,
            created_at: row.created_at,
        }
    }
}
