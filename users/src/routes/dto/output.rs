use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::auth::Role;
use shared::http::When;
use shared::ids::{ActivityId, ProfileId, UserId};
use utoipa::ToSchema;

use crate::domain::{PastActivity, Person, Stats};
use crate::service::{Document, Export};

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
    /// Where the picture is served.
    avatar_url: Option<String>,
    #[schema(value_type = Object)]
    preferences: Map<String, Value>,
    created_at: When,
    updated_at: When,
}

/// A person, as those see them who work here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonOut {
    #[serde(flatten)]
    profile: ProfileOut,
    role: Role,
    /// Whether they may sign in.
    is_active: bool,
}

impl From<Person> for ProfileOut {
    fn from(person: Person) -> Self {
        let Person { profile, account, .. } = person;
        Self {
            id: profile.id,
            user_id: profile.user_id,
            email: account.email.value().clone(),
            first_name: profile.first_name.map(|name| name.as_str().to_owned()),
            last_name: profile.last_name.map(|name| name.as_str().to_owned()),
            phone: profile.phone.map(|phone| phone.as_str().to_owned()),
            department: profile.department.map(|department| department.as_str().to_owned()),
            job_title: profile.job_title.map(|title| title.as_str().to_owned()),
            avatar_url: profile.avatar_url,
            preferences: profile.preferences.into_object(),
            created_at: When(profile.created_at),
            updated_at: When(profile.updated_at),
        }
    }
}

impl From<Person> for PersonOut {
    fn from(person: Person) -> Self {
        let (role, is_active) = (*person.account.role.value(), *person.account.is_active.value());
        Self { role, is_active, profile: person.into() }
    }
}

/// Something that was done to a profile.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityOut {
    id: ActivityId,
    /// `PROFILE_UPDATED`, `AVATAR_CHANGED` or `AVATAR_REMOVED`.
    activity_type: String,
    /// Of an update: the names of the `fields`, and `by` whom where it was an administrator.
    #[schema(value_type = Object)]
    activity_data: Value,
    created_at: When,
}

impl From<PastActivity> for ActivityOut {
    fn from(activity: PastActivity) -> Self {
        Self {
            id: activity.id,
            activity_type: activity.kind,
            activity_data: activity.data,
            created_at: When(activity.created_at),
        }
    }
}

/// How many people there are, and of which kinds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsOut {
    total: i64,
    /// Those who may sign in.
    active: i64,
    by_role: BTreeMap<String, i64>,
    /// The hundred largest; who names no department is in none.
    by_department: BTreeMap<String, i64>,
    /// A line for each of the last 30 days, today included.
    registered_last30_days: Vec<RegisteredOut>,
}

/// How many came on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredOut {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date)]
    date: NaiveDate,
    count: i64,
}

impl From<Stats> for StatsOut {
    fn from(stats: Stats) -> Self {
        let registered = stats.registered.into_iter();
        Self {
            total: stats.total,
            active: stats.active,
            by_role: stats.by_role.into_iter().map(|(role, people)| (role.to_string(), people)).collect(),
            by_department: stats.by_department,
            registered_last30_days: registered.map(|(date, count)| RegisteredOut { date, count }).collect(),
        }
    }
}

/// Everything that the six services keep on somebody.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOut {
    exported_at: When,
    user_id: UserId,
    profile: PersonOut,
    /// The oldest first.
    activities: Vec<ActivityOut>,
    #[schema(value_type = Object)]
    auth: Document,
    #[schema(value_type = Object)]
    tickets: Document,
    #[schema(value_type = Object)]
    files: Document,
    #[schema(value_type = Object)]
    notifications: Document,
    #[schema(value_type = Object)]
    audit: Document,
}

impl From<Export> for ExportOut {
    fn from(export: Export) -> Self {
        let Export { at, person, activities, others } = export;
        Self {
            exported_at: When(at),
            user_id: person.profile.user_id,
            profile: person.into(),
            activities: activities.into_iter().map(ActivityOut::from).collect(),
            auth: others.auth,
            tickets: others.tickets,
            files: others.files,
            notifications: others.notifications,
            audit: others.audit,
        }
    }
}
