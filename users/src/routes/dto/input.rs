use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use shared::auth::Role;
use shared::http::{FieldErrors, FieldFault, Input};
use utoipa::ToSchema;

use crate::domain::{
    Department, Edit, JobTitle, Name, Phone, PhoneFault, Preferences, PreferencesFault, ProfilePatch,
};

/// Defines an edit of a profile: any subset of its fields, and perhaps a few more.
macro_rules! patch {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
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
            /// Anything the screens want to keep, at most 16 KiB and nested at most 8 deep. `language` (`fr` or `en`) is
            /// the language of mails.
            #[serde(default)]
            #[schema(value_type = Option<Object>, example = json!({"language": "fr"}))]
            preferences: Edit<Map<String, Value>>,
            $($(#[$field_doc])* $field: $type,)*
        }

        impl $name {
            fn profile(self, errors: &mut FieldErrors) -> Option<ProfilePatch> {
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
    };
}

patch!(
    /// An edit of one's own profile: any subset of its fields.
    ProfilePatchIn {}
);

patch!(
    /// An edit of somebody's profile by an administrator: any subset of its fields.
    PersonPatchIn {
        /// Whether they may sign in; when that changes, their sessions end.
        #[serde(default)]
        #[schema(value_type = Option<bool>, nullable = false)]
        is_active: Edit<bool>,
    }
);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    /// A field that is there sets or, as `null`, clears; one that is not there is the default, which keeps.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl Input for ProfilePatchIn {
    type Parsed = ProfilePatch;

    fn parse(self, errors: &mut FieldErrors) -> Option<ProfilePatch> {
        self.profile(errors)
    }
}

impl Input for PersonPatchIn {
    type Parsed = (ProfilePatch, Option<bool>);

    fn parse(self, errors: &mut FieldErrors) -> Option<Self::Parsed> {
        let is_active = match self.is_active {
            Edit::Keep => Some(None),
            Edit::Set(is_active) => Some(Some(is_active)),
            Edit::Clear => {
                errors.add("isActive", "invalid_type", "must be true or false");
                None
            }
        };
        let patch = self.profile(errors);
        Some((patch?, is_active?))
    }
}

/// A role to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleIn {
    #[schema(value_type = Role, required)]
    role: Option<String>,
}

impl Input for RoleIn {
    type Parsed = Role;

    fn parse(self, errors: &mut FieldErrors) -> Option<Role> {
        let role = errors.required("role", self.role)?;
        errors.take("role", role.parse())
    }
}

/// A picture: JPEG, PNG or GIF, at most 2 MiB.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is there for the document; the form is read part by part")]
pub struct AvatarForm {
    /// With its media type.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

impl FieldFault for PhoneFault {
    fn code(&self) -> &str {
        match self {
            Self::Text(fault) => fault.code(),
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
