use serde::Deserialize;
use shared::clock::Timestamp;
use shared::http::{Answer, ApiError, When, bad_query};
use shared::ids::{TicketId, UserId};
use shared::page::{Cursor, Page, PageParams, PageQuery};
use utoipa::IntoParams;

use super::dto::TicketOut;
use crate::domain::{
    Assignee, Found, ListTickets, Place, Priority, Search, SortKey, SortValue, Status, Visibility,
};
use crate::service::App;

/// Which of one's own tickets a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TicketFilter {
    /// Only tickets in this status.
    status: Option<Status>,
    /// Only tickets of this priority.
    priority: Option<Priority>,
    /// Only tickets of exactly this category.
    category: Option<String>,
    /// Only tickets in whose number, title, description or public comments this is found.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// Which of all tickets a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeskFilter {
    /// Only tickets in this status.
    status: Option<Status>,
    /// Only tickets of this priority.
    priority: Option<Priority>,
    /// Only tickets of exactly this category.
    category: Option<String>,
    /// Only tickets in whose number, title, description or public comments this is found.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only tickets that this agent has.
    assigned_to: Option<UserId>,
    /// Only tickets that nobody has, or only those that somebody has.
    unassigned: Option<bool>,
    /// Only tickets of this requester.
    user_id: Option<UserId>,
    /// Only tickets that are not solved although they should be, or only the others.
    overdue: Option<bool>,
    /// Only tickets opened then or later.
    created_from: Option<When>,
    /// Only tickets opened before then.
    created_to: Option<When>,
}

impl TicketFilter {
    /// The tickets of this filter that are in sight, from the first one on.
    pub fn wanted(self, visibility: Visibility) -> Result<ListTickets, ApiError> {
        Ok(ListTickets {
            visibility,
            status: self.status,
            priority: self.priority,
            category: self.category,
            user_id: None,
            assignee: None,
            overdue: None,
            created_from: None,
            created_to: None,
            search: search(self.q.as_deref())?,
            sort: SortKey::CreatedAt,
            descending: true,
            after: None,
            limit: 0,
        })
    }
}

impl DeskFilter {
    /// The tickets of this filter, from the first one on.
    pub fn wanted(self, now: Timestamp) -> Result<ListTickets, ApiError> {
        let Self { status, priority, category, q, .. } = self;
        let assignee = match (self.assigned_to, self.unassigned) {
            (Some(_), Some(true)) => {
                return Err(bad_query(
                    "unassigned",
                    "says that nobody has them, and assignedTo that somebody does",
                ));
            }
            (Some(agent), _) => Some(Assignee::Agent(agent)),
            (None, unassigned) => unassigned.map(|it| if it { Assignee::Nobody } else { Assignee::Anybody }),
        };
        Ok(ListTickets {
            user_id: self.user_id,
            assignee,
            overdue: self.overdue.map(|overdue| (overdue, now)),
            created_from: self.created_from.map(|When(at)| at),
            created_to: self.created_to.map(|When(at)| at),
            ..TicketFilter { status, priority, category, q }.wanted(Visibility::Everyone)?
        })
    }
}

/// The page asked for, of the tickets wanted.
pub async fn answer(app: &App, params: &PageParams, wanted: ListTickets) -> Result<Answer, ApiError> {
    let (page, wanted) = paged(params, wanted)?;
    let found = app.list(&wanted).await?;
    let now = app.now();
    let shown = Page::of(found, page.limit, |last| cursor(last, &page));
    Ok(Answer::ok(&shown.as_ref().map(|found| TicketOut::at(&found.ticket, app.rules(), now))))
}

/// Newest first unless something is searched for, then the best match first; unless another sort is named.
fn paged(params: &PageParams, wanted: ListTickets) -> Result<(PageQuery, ListTickets), ApiError> {
    let is_search = wanted.search.is_some();
    let sorts = SortKey::ALL.map(SortKey::as_str);
    let page = PageQuery::parse(params, &sorts, if is_search { "-relevance" } else { "-createdAt" })?;
    let sort = sort_key(&page);
    if sort == SortKey::Relevance && !is_search {
        return Err(bad_query("sort", "can be relevance only where q says to what"));
    }
    let after = match sort {
        SortKey::Priority => place(&page, SortValue::Priority)?,
        SortKey::Relevance => place(&page, |bits| SortValue::Relevance(f64::from_bits(bits)))?,
        SortKey::CreatedAt | SortKey::UpdatedAt | SortKey::DueDate => {
            place(&page, |When(at)| SortValue::Time(at))?
        }
    };
    let wanted = ListTickets { sort, descending: page.sort.descending, after, limit: page.fetch(), ..wanted };
    Ok((page, wanted))
}

/// The cursor of the place right behind a ticket.
fn cursor(found: &Found, page: &PageQuery) -> Cursor {
    let Place { value, id } = found.place(sort_key(page));
    match value {
        SortValue::Time(at) => Cursor::of(&page.sort, &(When(at), id)),
        SortValue::Priority(priority) => Cursor::of(&page.sort, &(priority, id)),
        // As bits: what is read back must be the very number, or a ticket is shown twice.
        SortValue::Relevance(relevance) => Cursor::of(&page.sort, &(relevance.to_bits(), id)),
    }
}

fn place<K: serde::de::DeserializeOwned>(
    page: &PageQuery,
    value: impl Fn(K) -> SortValue,
) -> Result<Option<Place>, ApiError> {
    Ok(page.after::<(K, TicketId)>()?.map(|(key, id)| Place { value: value(key), id }))
}

fn sort_key(page: &PageQuery) -> SortKey {
    page.sort.field.parse().expect("the page was parsed with this very list of sort keys")
}

/// Nothing but blanks is searched for as nothing.
fn search(typed: Option<&str>) -> Result<Option<Search>, ApiError> {
    let search = typed.map(Search::parse).transpose();
    Ok(search.map_err(|fault| bad_query("q", &fault.to_string()))?.flatten())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use shared::auth::{Caller, Role};
    use shared::ids::SessionId;

    use super::*;
    use crate::domain::{Category, Description, OpenTicket, Rules, Ticket, TicketNumber, Title};

    fn asked(sort: &str, cursor: Option<String>) -> (PageQuery, ListTickets) {
        let params = PageParams { limit: Some(1), cursor, sort: Some(sort.to_owned()) };
        let filter = TicketFilter { q: Some("printer".to_owned()), ..TicketFilter::default() };
        paged(&params, filter.wanted(Visibility::Everyone).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_the_place_it_was_made_of(
            micros in 0..4_102_444_800_000_000i64,
            priority in prop::sample::select(&Priority::ALL[..]),
            key in prop::sample::select(&SortKey::ALL[..]),
            sign in prop::sample::select(&["", "-"][..]),
            relevance in any::<f64>().prop_filter("a rank is a number", |rank| !rank.is_nan()),
        ) {
            let now = DateTime::from_timestamp_micros(micros).unwrap();
            let caller = Caller::new(UserId::at(now), SessionId::at(now), Role::User, "a@example.com", now, "");
            let opening = OpenTicket {
                title: Title::parse("t").unwrap(),
                description: Description::parse("d").unwrap(),
                category: Category::parse("c").unwrap(),
                priority,
            };
            let change = Ticket::open(opening, TicketNumber::new(1), &caller, &Rules::default(), now);
            let found = Found { ticket: change.ticket().unwrap().clone(), relevance };
            let sort = format!("{sign}{}", key.as_str());

            let (first, _) = asked(&sort, None);
            let shown = Page::of(vec![found.clone(), found.clone()], 1, |last| cursor(last, &first));
            let (_, next) = asked(&sort, shown.next_cursor);

            prop_assert_eq!(next.after, Some(found.place(key)));
            prop_assert_eq!((next.sort, next.descending), (key, sign == "-"));
        }
    }
}
