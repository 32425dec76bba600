use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::stamped::Stamped;

use crate::domain::{Account, Department, JobTitle, Known, Name, Person, Phone, Preferences, Profile};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
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
    /// How new the copy of the address is, by auth's count.
    pub account_version: i64,
    /// How new that of the role is.
    pub role_version: i64,
    /// How new that of `is_active` is.
    pub status_version: i64,
    pub version: i64,
    pub revision: i64,
    pub search_text: String,
    pub sort_name: String,
    pub erased_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Person> for Model {
    fn from(person: &Person) -> Self {
        let Person { profile, account, revision } = person;
        Self {
            id: profile.id.0,
            user_id: profile.user_id.0,
            email: account.email.value().clone(),
            first_name: profile.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: profile.last_name.as_ref().map(|name| name.as_str().to_owned()),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            department: profile.department.as_ref().map(|department| department.as_str().to_owned()),
            job_title: profile.job_title.as_ref().map(|title| title.as_str().to_owned()),
            avatar_url: profile.avatar_url.clone(),
            preferences: Json::Object(profile.preferences.clone().into_object()),
            role: account.role.value().to_string(),
            is_active: *account.is_active.value(),
            account_version: account.email.version(),
            role_version: account.role.version(),
            status_version: account.is_active.version(),
            version: profile.version,
            revision: *revision,
            search_text: person.search_text(),
            sort_name: person.sort_name(),
            erased_at: None,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}

impl TryFrom<Model> for Known {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        if row.erased_at.is_some() {
            return Ok(Self::Erased { user_id: row.user_id.into(), revision: row.revision });
        }
        let role =
            row.role.parse().map_err(|fault: shared::auth::UnknownRole| DbErr::Type(fault.to_string()))?;
        let account = Account {
            user_id: row.user_id.into(),
            email: Stamped::new(row.email, row.account_version),
            role: Stamped::new(role, row.role_version),
            is_active: Stamped::new(row.is_active, row.status_version),
        };
        let profile = Profile {
            id: row.id.into(),
            user_id: row.user_id.into(),
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
        };
        Ok(Person { profile, account, revision: row.revision }.into())
    }
}

/// The preferences of somebody who has none.
pub fn no_preferences() -> Json {
    Json::Object(serde_json::Map::new())
}
