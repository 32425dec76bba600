use actix_web::get;
use actix_web::web::{Data, Json};
use shared::auth::Admin;
use shared::http::{ApiError, Listing, NoFilter, PathId, Problem, When};
use shared::ids::{FileAccessId, FileId};
use shared::page::{Page, PageParams, PageQuery};

use super::dto::AccessOut;
use crate::service::App;

/// Who read a file, and when; of a deleted one too, until it is purged.
#[utoipa::path(
    tag = "files",
    params(("id" = FileId, Path), PageParams),
    responses(
        (status = 200, body = Page<AccessOut>),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "not an administrator"),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/files/{id}/access-logs")]
pub async fn accesses(
    app: Data<App>,
    admin: Admin,
    id: PathId<FileId>,
    query: Listing<NoFilter>,
) -> Result<Json<Page<AccessOut>>, ApiError> {
    let page = PageQuery::parse(&query.page, &["createdAt"], "-createdAt")?;
    let after = page.after::<(When, FileAccessId)>()?;
    let lines = app.accesses(&admin, id.0, &page, after).await?;
    Ok(Json(lines.map(AccessOut::from)))
}
