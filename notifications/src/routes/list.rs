use actix_web::{
    HttpResponse, get, put,
    web::{Data, Json},
};
use shared::{
    auth::Caller,
    http::{ApiError, Listing, PathId, Problem, When},
    ids::DeliveryId,
    page::{Cursor, Page, PageQuery},
};

use super::dto::{NotificationFilter, NotificationOut, UnreadCount};
use crate::{
    domain::Window,
    service::{App, Line},
};

/// The caller's own notifications, the newest first.
#[utoipa::path(
    tag = "notifications",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many at most; 25 without it"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
        ("sort" = Option<String>, Query, description = "`createdAt` or `-createdAt`"),
        ("unread" = Option<bool>, Query, description = "Only the unread ones, or only the read ones"),
    ),
    responses((status = 200, body = Page<NotificationOut>), (status = 400, body = Problem), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/notifications")]
pub(super) async fn list(
    app: Data<App>,
    caller: Caller,
    listing: Listing<NotificationFilter>,
) -> Result<Json<Page<NotificationOut>>, ApiError> {
    let query = PageQuery::parse(&listing.page, &["createdAt"], "-createdAt")?;
    let window = Window {
        unread: listing.filter.unread,
        descending: query.sort.descending,
        after: query.after::<(When, DeliveryId)>()?.map(|(When(at), id)| (at, id)),
        limit: query.fetch(),
    };
    let lines = app.notifications(&caller, &window).await?;
    let cursor = |line: &Line| Cursor::of(&query.sort, &(When(line.created_at), line.id));
    Ok(Json(Page::of(lines, query.limit, cursor).map(NotificationOut::from)))
}

/// How many notifications the caller has not read.
#[utoipa::path(
    tag = "notifications",
    responses((status = 200, body = UnreadCount), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/notifications/unread-count")]
pub(super) async fn unread_count(app: Data<App>, caller: Caller) -> Result<Json<UnreadCount>, ApiError> {
    Ok(Json(UnreadCount { count: app.unread(&caller).await? }))
}

/// Marks one of the caller's notifications as read; the first reading counts.
#[utoipa::path(
    tag = "notifications",
    params(("id" = DeliveryId, Path)),
    responses((status = 200, body = NotificationOut), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = [])),
)]
#[put("/notifications/{id}/read")]
pub(super) async fn read(
    app: Data<App>,
    caller: Caller,
    id: PathId<DeliveryId>,
) -> Result<Json<NotificationOut>, ApiError> {
    Ok(Json(app.read(&caller, id.0).await?.into()))
}

/// Marks all of the caller's notifications as read.
#[utoipa::path(
    tag = "notifications",
    responses((status = 204), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[put("/notifications/read-all")]
pub(super) async fn read_all(app: Data<App>, caller: Caller) -> Result<HttpResponse, ApiError> {
    app.read_all(&caller).await?;
    Ok(HttpResponse::NoContent().finish())
}
