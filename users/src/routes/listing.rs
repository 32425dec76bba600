use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::auth::Role;
use shared::http::{ApiError, Code, Listing, NoFilter, When};
use shared::ids::{ActivityId, ProfileId, UserId};
use shared::page::{Cursor, PageQuery};
use utoipa::IntoParams;

use crate::domain::{ListActivities, ListPeople, PastActivity, Person, Place, Search, SortKey, SortValue};

/// Which people a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PersonFilter {
    /// Words that all occur in the names, address, department or job title; accents and case do not matter.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only those with this role.
    role: Option<Role>,
    /// Only those of exactly this department.
    department: Option<String>,
    /// Only those who may sign in, or who may not.
    is_active: Option<bool>,
}

/// A page of people as it was asked for.
pub struct PeoplePage {
    /// The page.
    pub page: PageQuery,
    sort: SortKey,
}

impl PeoplePage {
    /// The page asked for, and the people to make it up of: newest first unless another sort is named.
    pub fn of(asked: Listing<PersonFilter>) -> Result<(Self, ListPeople), ApiError> {
        let page = PageQuery::parse(&asked.page, &SortKey::ALL.map(SortKey::as_str), "-createdAt")?;
        let sort = SortKey::ALL.into_iter().find(|key| key.as_str() == page.sort.field);
        let sort = sort.unwrap_or(SortKey::CreatedAt);
        let after = match sort {
            SortKey::CreatedAt => place(&page, |When(at)| SortValue::Time(at))?,
            SortKey::Email | SortKey::LastName => place(&page, SortValue::Text)?,
        };
        let PersonFilter { q, role, department, is_active } = asked.filter;
        let search = Search::parse(q.as_deref().unwrap_or_default()).map_err(|fault| {
            ApiError::new(Code::BadQuery).detail(format!("q {fault}.")).field(
                "q",
                "bad_query",
                fault.to_string(),
            )
        })?;
        let descending = page.sort.descending;
        let limit = page.fetch();
        let wanted = ListPeople { search, role, department, is_active, sort, descending, after, limit };
        Ok((Self { page, sort }, wanted))
    }

    /// The cursor of the place right behind somebody.
    pub fn cursor(&self, person: &Person) -> Cursor {
        let Place { value, id } = person.place(self.sort);
        match value {
            SortValue::Time(at) => Cursor::of(&self.page.sort, &(When(at), id)),
            SortValue::Text(text) => Cursor::of(&self.page.sort, &(text, id)),
        }
    }
}

fn place<K: DeserializeOwned>(
    page: &PageQuery,
    value: impl Fn(K) -> SortValue,
) -> Result<Option<Place>, ApiError> {
    Ok(page.after::<(K, ProfileId)>()?.map(|(key, id)| Place { value: value(key), id }))
}

/// The page of somebody's activities that is asked for, newest first unless the other order is named.
pub fn activities(
    asked: &Listing<NoFilter>,
    user_id: UserId,
) -> Result<(PageQuery, ListActivities), ApiError> {
    let page = PageQuery::parse(&asked.page, &["createdAt"], "-createdAt")?;
    let after = page.after::<(When, ActivityId)>()?.map(|(When(at), id)| (at, id));
    let wanted = ListActivities { user_id, descending: page.sort.descending, after, limit: page.fetch() };
    Ok((page, wanted))
}

/// The cursor of the place right behind an activity.
pub fn activity_cursor(activity: &PastActivity, page: &PageQuery) -> Cursor {
    Cursor::of(&page.sort, &(When(activity.created_at), activity.id))
}
