use actix_web::{
    get, post,
    web::{Data, Json},
};
use shared::{
    auth::Admin,
    http::{ApiError, Listing, PathId, Problem, When},
    ids::DeliveryId,
    page::{Cursor, Page, PageQuery},
};

use super::dto::{EntryOut, LedgerFilter};
use crate::{
    domain::Search,
    service::{App, Entry},
};

/// What became of every message to everybody, the newest first, and why somebody got it or not.
#[utoipa::path(
    tag = "notifications",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many at most; 25 without it"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
        ("sort" = Option<String>, Query, description = "`createdAt` or `-createdAt`"),
        ("status" = Option<String>, Query, description = "`pending`, `sent`, `failed`, `suppressed`, `collected` or `digested`"),
        ("template" = Option<String>, Query, description = "As in `ticket_created`"),
        ("channel" = Option<String>, Query, description = "`email`, `in_app`, `sms` or `push`"),
        ("userId" = Option<uuid::Uuid>, Query, description = "Only those to this person"),
        ("ticketId" = Option<uuid::Uuid>, Query, description = "Only those about this ticket"),
    ),
    responses(
        (status = 200, body = Page<EntryOut>),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/admin/notifications")]
pub(super) async fn list(
    app: Data<App>,
    _admin: Admin,
    listing: Listing<LedgerFilter>,
) -> Result<Json<Page<EntryOut>>, ApiError> {
    let query = PageQuery::parse(&listing.page, &["createdAt"], "-createdAt")?;
    let search = Search {
        status: listing.filter.status()?,
        template: listing.filter.template()?,
        channel: listing.filter.channel()?,
        recipient: listing.filter.user_id,
        ticket: listing.filter.ticket_id,
        descending: query.sort.descending,
        after: query.after::<(When, DeliveryId)>()?.map(|(When(at), id)| (at, id)),
        limit: query.fetch(),
    };
    let entries = app.ledger(&search).await?;
    let cursor = |entry: &Entry| Cursor::of(&query.sort, &(When(entry.created_at), entry.id));
    Ok(Json(Page::of(entries, query.limit, cursor).map(EntryOut::from)))
}

/// Sends once more what failed or was suppressed. What spoke against it is asked again.
#[utoipa::path(
    tag = "notifications",
    params(("id" = DeliveryId, Path)),
    responses(
        (status = 200, body = EntryOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It has gone, or waits, or what it says is kept no more"),
    ),
    security(("bearer" = [])),
)]
#[post("/admin/notifications/{id}/retry")]
pub(super) async fn retry(
    app: Data<App>,
    _admin: Admin,
    id: PathId<DeliveryId>,
) -> Result<Json<EntryOut>, ApiError> {
    Ok(Json(app.retry(id.0).await?.into()))
}
