use actix_web::web::Data;
use actix_web::{get, put};
use shared::auth::Caller;
use shared::http::{Answer, ApiError, Listing, NoFilter, Problem, Valid};
use shared::page::{Page, PageParams};

use super::dto::{ActivityOut, ExportOut, ProfileOut, ProfilePatchIn};
use super::listing;
use crate::service::App;

/// Read my profile
///
/// There is one as soon as there is an account.
#[utoipa::path(
    tag = "users",
    responses((status = 200, body = ProfileOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/users/profile")]
pub async fn read(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&ProfileOut::from(app.profile(&caller).await?)))
}

/// Edit my profile
///
/// What is not named stays as it is; `null` takes a value away. `preferences` is replaced as a whole.
#[utoipa::path(
    tag = "users",
    request_body = ProfilePatchIn,
    responses(
        (status = 200, body = ProfileOut),
        (status = 400, description = "Malformed JSON, or an unknown field", body = Problem),
        (status = 401, body = Problem),
        (status = 422, description = "A value is invalid", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[put("/users/profile")]
pub async fn edit(app: Data<App>, caller: Caller, patch: Valid<ProfilePatchIn>) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&ProfileOut::from(app.edit(&caller, patch.0).await?)))
}

/// List what was done to my profile
///
/// By me, or by an administrator.
#[utoipa::path(
    tag = "users",
    params(PageParams),
    responses(
        (status = 200, body = Page<ActivityOut>),
        (status = 400, description = "An unknown parameter, value or cursor", body = Problem),
        (status = 401, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/users/profile/activities")]
pub async fn activities(
    app: Data<App>,
    caller: Caller,
    asked: Listing<NoFilter>,
) -> Result<Answer, ApiError> {
    let (page, wanted) = listing::activities(&asked, caller.user_id)?;
    // Who was erased is told so, and not that nothing was ever done.
    app.profile(&caller).await?;
    let shown =
        Page::of(app.activities(&wanted).await?, page.limit, |it| listing::activity_cursor(it, &page));
    Ok(Answer::ok(&shown.map(ActivityOut::from)))
}

/// Everything that the six services keep on me
///
/// In one document, to be kept: all of it or, while one of the services is away, nothing.
#[utoipa::path(
    tag = "users",
    responses(
        (status = 200, body = ExportOut, headers(("Content-Disposition" = String))),
        (status = 401, body = Problem),
        (status = 503, description = "One of the services is away", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/users/profile/export")]
pub async fn export(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    let export = ExportOut::from(app.export(&caller).await?);
    Ok(Answer::ok(&export).header("content-disposition", "attachment; filename=\"helpdesk-export.json\""))
}
