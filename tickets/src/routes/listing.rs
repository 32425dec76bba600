use serde::Deserialize;
use shared::http::{ApiError, Listing, When};
use shared::ids::TicketId;
use shared::page::{Cursor, PageQuery};
use utoipa::IntoParams;

use crate::domain::{ListTickets, Place, Priority, SortKey, SortValue, Status, Ticket, Visibility};

/// Which tickets a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TicketFilter {
    /// Only tickets in this status.
    status: Option<Status>,
    /// Only tickets of this priority.
    priority: Option<Priority>,
    /// Only tickets of exactly this category.
    category: Option<String>,
}

/// The page asked for: newest first unless another sort is named.
pub fn page(asked: &Listing<TicketFilter>) -> Result<PageQuery, ApiError> {
    PageQuery::parse(&asked.page, &SortKey::ALL.map(SortKey::as_str), "-createdAt")
}

/// The tickets that make up this page, and one more, which tells whether another page follows.
pub fn wanted(
    filter: TicketFilter,
    page: &PageQuery,
    visibility: Visibility,
) -> Result<ListTickets, ApiError> {
    let sort = sort_key(page);
    let after = match sort {
        SortKey::Priority => place(page, SortValue::Priority)?,
        SortKey::CreatedAt | SortKey::UpdatedAt | SortKey::DueDate => {
            place(page, |When(at)| SortValue::Time(at))?
        }
    };
    Ok(ListTickets {
        visibility,
        status: filter.status,
        priority: filter.priority,
        category: filter.category,
        sort,
        descending: page.sort.descending,
        after,
        limit: page.fetch(),
    })
}

/// The cursor of the place right behind a ticket.
pub fn cursor(ticket: &Ticket, page: &PageQuery) -> Cursor {
    let Place { value, id } = ticket.place(sort_key(page));
    match value {
        SortValue::Time(at) => Cursor::of(&page.sort, &(When(at), id)),
        SortValue::Priority(priority) => Cursor::of(&page.sort, &(priority, id)),
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use shared::auth::{Caller, Role};
    use shared::ids::{SessionId, UserId};
    use shared::page::{Page, PageParams};

    use super::*;
    use crate::domain::{Category, Description, OpenTicket, TicketNumber, Title};

    fn page(sort: &str, cursor: Option<String>) -> PageQuery {
        let params = PageParams { limit: Some(1), cursor, sort: Some(sort.to_owned()) };
        super::page(&Listing { page: params, filter: nothing() }).unwrap()
    }

    fn nothing() -> TicketFilter {
        TicketFilter { status: None, priority: None, category: None }
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_the_place_it_was_made_of(
            micros in 0..4_102_444_800_000_000i64,
            priority in prop::sample::select(&Priority::ALL[..]),
            key in prop::sample::select(&SortKey::ALL[..]),
            sign in prop::sample::select(&["", "-"][..]),
        ) {
            let now = DateTime::from_timestamp_micros(micros).unwrap();
            let caller = Caller::new(UserId::at(now), SessionId::at(now), Role::User, "a@example.com", now, "");
            let opening = OpenTicket {
                title: Title::parse("t").unwrap(),
                description: Description::parse("d").unwrap(),
                category: Category::parse("c").unwrap(),
                priority,
            };
            let (ticket, ..) = Ticket::open(opening, TicketNumber::new(1), &caller, now).into_parts();
            let sort = format!("{sign}{}", key.as_str());

            let first = page(&sort, None);
            let shown = Page::of(vec![ticket.clone(), ticket.clone()], 1, |last| cursor(last, &first));
            let next = wanted(nothing(), &page(&sort, shown.next_cursor), Visibility::own(&caller)).unwrap();

            prop_assert_eq!(next.after, Some(ticket.place(key)));
            prop_assert_eq!((next.sort, next.descending), (key, sign == "-"));
        }
    }
}
