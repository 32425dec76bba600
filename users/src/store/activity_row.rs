use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::json;
use shared::clock::Timestamp;

use crate::domain::{Activity, Deed};

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
        let (activity_type, activity_data) = match activity.deed {
            Deed::ProfileUpdated { fields } => ("PROFILE_UPDATED", json!({ "fields": fields })),
        };
        Self {
            id: Set(activity.id.0),
            user_id: Set(activity.user_id.0),
            activity_type: Set(activity_type.to_owned()),
            activity_data: Set(activity_data),
            created_at: Set(activity.created_at),
        }
    }
}
