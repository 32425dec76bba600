use sea_orm::ActiveValue::{NotSet, Set, Unchanged};
use sea_orm::entity::prelude::*;
use shared::clock::Timestamp;

use crate::domain::{Account, Department, JobTitle, Name, Phone, Preferences, Profile};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_profiles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub department: Option<String>,
    pub job_title: Option<String>,
    pub avatar_url: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub preferences: Json,
    /// Auth's, copied.
    pub role: String,
    /// Auth's, copied.
    pub is_active: bool,
    /// How new the copies are, by auth's count.
    pub account_version: i64,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row of a new profile, with the copy of its account.
pub fn new_row(profile: Profile, account: &Account) -> ActiveModel {
    ActiveModel {
        id: Set(profile.id.0),
        user_id: Set(profile.user_id.0),
        email: Set(account.email.clone()),
        role: Set(account.role.to_string()),
        is_active: Set(true),
        account_version: Set(account.version),
        created_at: Set(profile.created_at),
        ..edited_row(&profile)
    }
}

/// What an edit may have changed.
pub fn edited_row(profile: &Profile) -> ActiveModel {
    ActiveModel {
        id: Unchanged(profile.id.0),
        first_name: Set(profile.first_name.clone().map(Name::into_string)),
        last_name: Set(profile.last_name.clone().map(Name::into_string)),
        phone: Set(profile.phone.clone().map(Phone::into_string)),
        department: Set(profile.department.clone().map(Department::into_string)),
        job_title: Set(profile.job_title.clone().map(JobTitle::into_string)),
        avatar_url: Set(profile.avatar_url.clone()),
        preferences: Set(Json::Object(profile.preferences.clone().into_object())),
        version: Set(profile.version),
        updated_at: Set(profile.updated_at),
        user_id: NotSet,
        email: NotSet,
        role: NotSet,
        is_active: NotSet,
        account_version: NotSet,
        created_at: NotSet,
    }
}

impl From<Model> for Profile {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            user_id: row.user_id.into(),
            email: row.email,
            first_name: row.first_name.map(Name::stored),
            last_name: row.last_name.map(Name::stored),
            phone: row.phone.map(Phone::stored),
            department: row.department.map(Department::stored),
            job_title: row.job_title.map(JobTitle::stored),
            avatar_url: row.avatar_url,
            preferences: Preferences::stored(row.preferences),
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}
