use actix_web::{
    get,
    web::{Data, Json},
};
use shared::{
    auth::Admin,
    http::{ApiError, Listing, PathId, Problem, When},
    ids::AuditLogId,
    page::{Cursor, Page, PageQuery},
};

use super::dto::{AuditLogOut, LogsParams};
use crate::{domain::LogsQuery, service::App};

/// The audit log, newest first.
#[utoipa::path(
    tag = "audit",
    params(LogsParams, ("limit" = Option<u64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "`-timestamp` (the default) or `timestamp`")),
    responses(
        (status = 200, body = Page<AuditLogOut>),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/logs")]
pub async fn list(
    app: Data<App>,
    _admin: Admin,
    listing: Listing<LogsParams>,
) -> Result<Json<Page<AuditLogOut>>, ApiError> {
    let page = PageQuery::parse(&listing.page, &["timestamp"], "-timestamp")?;
    let after = page.after::<(When, AuditLogId)>()?.map(|(when, id)| (when.0, id));
    let query = LogsQuery {
        filter: listing.filter.into(),
        descending: page.sort.descending,
        after,
        limit: page.limit + 1,
    };
    let lines = app.logs(&query).await?;
    let lines = Page::of(lines, page.limit, |line| {
        Cursor::of(&page.sort, &(When(line.entry.facts().timestamp), line.entry.id()))
    });
    Ok(Json(lines.map(AuditLogOut::from)))
}

/// One line of the audit log.
#[utoipa::path(
    tag = "audit",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = AuditLogOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/logs/{id}")]
pub async fn get(
    app: Data<App>,
    _admin: Admin,
    id: PathId<AuditLogId>,
) -> Result<Json<AuditLogOut>, ApiError> {
    Ok(Json(app.log(id.0).await?.into()))
}
