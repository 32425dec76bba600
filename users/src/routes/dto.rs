use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use shared::http::{FieldErrors, FieldFault, Input};
use shared::ids::{ProfileId, UserId};
use utoipa::ToSchema;

use crate::domain::{
    Department, Edit, JobTitle, Name, Phone, Preferences, PreferencesFault, Profile, ProfilePatch, TextFault,
};

/// An edit of a profile: any subset of its fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfilePatchIn {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "Ada")]
    first_name: Edit<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "Lovelace")]
    last_name: Edit<String>,
    /// 5 to 15 digits, with the usual marks between them.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 5, max_length = 20, example = "+33 1 23 45 67 89")]
    phone: Edit<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "Accounting")]
    department: Edit<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "Accountant")]
    job_title: Edit<String>,
    /// Anything the screens want to keep, at most 16 KiB and nested at most 8 deep. `language` (`fr` or `en`) is the
    /// language of mails.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"language": "fr"}))]
    preferences: Edit<Map<String, Value>>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    /// A field that is there sets or, as `null`, clears; one that is not there is the default, which keeps.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl Input for ProfilePatchIn {
    type Parsed = ProfilePatch;

    fn parse(self, errors: &mut FieldErrors) -> Option<ProfilePatch> {
        let first_name = errors.take("firstName", self.first_name.parse(|text| Name::parse(&text)));
        let last_name = errors.take("lastName", self.last_name.parse(|text| Name::parse(&text)));
        let phone = errors.take("phone", self.phone.parse(|text| Phone::parse(&text)));
        let department = errors.take("department", self.department.parse(|text| Department::parse(&text)));
        let job_title = errors.take("jobTitle", self.job_title.parse(|text| JobTitle::parse(&text)));
        let preferences = errors.take("preferences", self.preferences.parse(Preferences::parse));
        Some(ProfilePatch {
            first_name: first_name?,
            last_name: last_name?,
            phone: phone?,
            department: department?,
            job_title: job_title?,
            preferences: preferences?,
        })
    }
}

impl FieldFault for TextFault {
    fn code(&self) -> &str {
        match self {
            Self::Blank => "blank",
            Self::TooLong { .. } => "too_long",
            Self::Control => "control_character",
            Self::NotAPhone => "not_a_phone_number",
        }
    }
}

impl FieldFault for PreferencesFault {
    fn code(&self) -> &str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::Language => "unknown_language",
        }
    }
}

/// A person's profile.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileOut {
    id: ProfileId,
    /// The account, as in auth.
    user_id: UserId,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    department: Option<String>,
    job_title: Option<String>,
    avatar_url: Option<String>,
    #[schema(value_type = Object)]
    preferences: Map<String, Value>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Profile> for ProfileOut {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id,
            user_id: profile.user_id,
            email: profile.email,
            first_name: profile.first_name.map(Name::into_string),
            last_name: profile.last_name.map(Name::into_string),
            phone: profile.phone.map(Phone::into_string),
            department: profile.department.map(Department::into_string),
            job_title: profile.job_title.map(JobTitle::into_string),
            avatar_url: profile.avatar_url,
            preferences: profile.preferences.into_object(),
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}
