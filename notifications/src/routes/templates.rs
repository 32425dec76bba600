use actix_web::{
    HttpResponse, delete, get, post, put,
    web::{Data, Json},
};
use shared::{
    auth::Admin,
    http::{ApiError, PathId, Problem, Valid},
};

use super::dto::{PreviewIn, PreviewOut, TemplateIn, TemplateOut, TemplatesOut};
use crate::{domain::Template, service::App};

/// All templates as they are in force.
#[utoipa::path(
    tag = "notifications",
    responses((status = 200, body = TemplatesOut), (status = 401, body = Problem), (status = 403, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/admin/notifications/templates")]
pub(super) async fn list(app: Data<App>, _admin: Admin) -> Result<Json<TemplatesOut>, ApiError> {
    let items = app.templates().await?.into_iter().map(TemplateOut::from).collect();
    Ok(Json(TemplatesOut { items }))
}

/// One template as it is in force.
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "As in `ticket_created`")),
    responses(
        (status = 200, body = TemplateOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/admin/notifications/templates/{name}")]
pub(super) async fn show(
    app: Data<App>,
    _admin: Admin,
    name: PathId<String>,
) -> Result<Json<TemplateOut>, ApiError> {
    Ok(Json(app.template(named(&name.0)?).await?.into()))
}

/// Writes parts of a template anew; in force in every replica within seconds. What does not compile, or names a variable
/// that is not there, is refused with its line and column, and nothing is changed.
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "As in `ticket_created`")),
    request_body = TemplateIn,
    responses(
        (status = 200, body = TemplateOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem, description = "`errors[].message` begins with the line and the column"),
    ),
    security(("bearer" = [])),
)]
#[put("/admin/notifications/templates/{name}")]
pub(super) async fn change(
    app: Data<App>,
    admin: Admin,
    name: PathId<String>,
    input: Valid<TemplateIn>,
) -> Result<Json<TemplateOut>, ApiError> {
    Ok(Json(app.reword(&admin.0, named(&name.0)?, input.0).await?.into()))
}

/// Goes back to the built-in template, in all languages.
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "As in `ticket_created`")),
    responses(
        (status = 204),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[delete("/admin/notifications/templates/{name}")]
pub(super) async fn restore(
    app: Data<App>,
    _admin: Admin,
    name: PathId<String>,
) -> Result<HttpResponse, ApiError> {
    app.restore(named(&name.0)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a template would make of an example; nothing is kept and nothing is sent.
#[utoipa::path(
    tag = "notifications",
    params(("name" = String, Path, description = "As in `ticket_created`")),
    request_body = PreviewIn,
    responses(
        (status = 200, body = PreviewOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem, description = "`errors[].message` begins with the line and the column"),
    ),
    security(("bearer" = [])),
)]
#[post("/admin/notifications/templates/{name}/preview")]
pub(super) async fn preview(
    app: Data<App>,
    _admin: Admin,
    name: PathId<String>,
    input: Valid<PreviewIn>,
) -> Result<Json<PreviewOut>, ApiError> {
    let (language, patch) = input.0;
    Ok(Json(app.preview(named(&name.0)?, language, patch).await?.into()))
}

fn named(name: &str) -> Result<Template, ApiError> {
    name.parse().map_err(|_| ApiError::not_found())
}
