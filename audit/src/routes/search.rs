use actix_web::{
    get,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use shared::{
    auth::Admin,
    http::{ApiError, Listing, Problem, When, bad_query},
    ids::UserId,
    page::{Cursor, Page, PageQuery},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::dto::AuditLogOut;
use crate::{
    domain::{Action, LogFilter, LogLine, ResourceType, Search, SearchOrder, SearchQuery},
    service::App,
};

/// What is looked for, and among which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct SearchParams {
    /// Words of what was done, and of its details, accents and capitals aside: all of them, none behind a `-`; `print*` means
    /// every word that begins so. An id alone means whatever was done by somebody or to something with that id.
    #[param(max_length = 200, example = "printer -toner")]
    q: String,
    /// Done by this user.
    #[param(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// What was done, as in `TICKET_CREATED`.
    #[param(value_type = Option<String>, max_length = 64, example = "TICKET_CREATED")]
    action: Option<Action>,
    /// What kind of thing it was done to.
    #[param(value_type = Option<String>, max_length = 64, example = "ticket")]
    resource_type: Option<ResourceType>,
    /// Which one.
    resource_id: Option<Uuid>,
    /// It happened then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<When>,
    /// It happened earlier.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<When>,
}

/// A line that was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundOut {
    #[serde(flatten)]
    line: AuditLogOut,
    /// How well it matches: more is better, and the number says nothing else.
    relevance: f64,
}

impl From<(LogLine, f64)> for FoundOut {
    fn from((line, relevance): (LogLine, f64)) -> Self {
        Self { line: line.into(), relevance }
    }
}

/// Looks for lines of the log by words: the best first, among the newest 200 that match; sorted by time, all of them. While the
/// index is made anew (`GET /audit/rebuilds`), older lines are not found yet.
#[utoipa::path(
    tag = "audit",
    params(SearchParams, ("limit" = Option<u64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "`-relevance` (the default), `-timestamp` or `timestamp`")),
    responses(
        (status = 200, body = Page<FoundOut>),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read, or there is no word to look for"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/search")]
pub async fn search(
    app: Data<App>,
    _admin: Admin,
    listing: Listing<SearchParams>,
) -> Result<Json<Page<FoundOut>>, ApiError> {
    let SearchParams { q, user_id, action, resource_type, resource_id, from, to } = listing.filter;
    let page = PageQuery::parse(&listing.page, &["relevance", "timestamp"], "-relevance")?;
    let query = SearchQuery {
        search: Search::parse(&q).map_err(|fault| bad_query("q", &fault.to_string()))?,
        filter: LogFilter {
            user_id,
            action,
            resource_type,
            resource_id,
            from: from.map(|when| when.0),
            to: to.map(|when| when.0),
        },
        order: order(&page)?,
        limit: page.fetch(),
    };
    let found = app.search(query).await?;
    let cursor = |(line, relevance): &(LogLine, f64)| match page.sort.field.as_str() {
        "timestamp" => Cursor::of(&page.sort, &(When(line.entry.facts().timestamp), line.sequence)),
        // As bits: what is read back must be the very number, or a line is shown twice.
        _ => Cursor::of(&page.sort, &(relevance.to_bits(), line.sequence, found.until)),
    };
    Ok(Json(Page::of(found.lines, page.limit, cursor).map(FoundOut::from)))
}

fn order(page: &PageQuery) -> Result<SearchOrder, ApiError> {
    if page.sort.field == "timestamp" {
        let after = page.after::<(When, i64)>()?.map(|(when, sequence)| (when.0, sequence));
        return Ok(SearchOrder::Time { descending: page.sort.descending, after });
    }
    if !page.sort.descending {
        return Err(bad_query("sort", "must have a - before relevance: nobody wants the worst first"));
    }
    let place = page.after::<(u64, i64, i64)>()?;
    Ok(SearchOrder::Relevance {
        after: place.map(|(bits, sequence, _)| (f64::from_bits(bits), sequence)),
        until: place.map(|(.., until)| until),
    })
}
