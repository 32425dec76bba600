use actix_web::web::Data;
use actix_web::{delete, get, put};
use shared::auth::{Admin, Agent};
use shared::http::{Answer, ApiError, Listing, NoFilter, PathId, Problem, Valid};
use shared::ids::UserId;
use shared::page::{Page, PageParams};

use super::dto::{ActivityOut, PersonOut, PersonPatchIn, RoleIn, StatsOut};
use super::listing::{self, PeoplePage, PersonFilter};
use crate::service::App;

/// List people
///
/// Those who were deleted are not among them.
#[utoipa::path(
    tag = "users",
    params(PersonFilter, PageParams),
    responses(
        (status = 200, body = Page<PersonOut>),
        (status = 400, description = "An unknown parameter, value or cursor", body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/users")]
pub async fn list(app: Data<App>, _admin: Admin, asked: Listing<PersonFilter>) -> Result<Answer, ApiError> {
    let (page, wanted) = PeoplePage::of(asked)?;
    let people = app.people(&wanted).await?;
    let shown = Page::of(people, page.page.limit, |person| page.cursor(person));
    Ok(Answer::ok(&shown.map(PersonOut::from)))
}

/// Count people
#[utoipa::path(
    tag = "users",
    responses(
        (status = 200, body = StatsOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/users/stats")]
pub async fn stats(app: Data<App>, _admin: Admin) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&StatsOut::from(app.stats().await?)))
}

/// Read somebody's profile
///
/// Agents may, for the names that their screens need.
#[utoipa::path(
    tag = "users",
    params(("id" = UserId, Path, description = "The account")),
    responses(
        (status = 200, body = PersonOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/users/{id}")]
pub async fn read(app: Data<App>, _agent: Agent, id: PathId<UserId>) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&PersonOut::from(app.person(id.0).await?)))
}

/// Edit somebody's profile, close their account or open it again
///
/// What is not named stays as it is; `null` takes a value away. With `isActive` it is all or, where auth does not agree,
/// nothing.
#[utoipa::path(
    tag = "users",
    params(("id" = UserId, Path, description = "The account")),
    request_body = PersonPatchIn,
    responses(
        (status = 200, body = PersonOut),
        (status = 400, description = "Malformed JSON, or an unknown field", body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "isActive of the own account, or of the last active administrator", body = Problem),
        (status = 422, description = "A value is invalid", body = Problem),
        (status = 503, description = "Auth is away", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[put("/users/{id}")]
pub async fn edit(
    app: Data<App>,
    admin: Admin,
    id: PathId<UserId>,
    edit: Valid<PersonPatchIn>,
) -> Result<Answer, ApiError> {
    let (patch, is_active) = edit.0;
    Ok(Answer::ok(&PersonOut::from(app.change(&admin.0, id.0, patch, is_active).await?)))
}

/// Give somebody a role
///
/// It is in force in all services within a second; their sessions end.
#[utoipa::path(
    tag = "users",
    params(("id" = UserId, Path, description = "The account")),
    request_body = RoleIn,
    responses(
        (status = 200, body = PersonOut),
        (status = 400, description = "Malformed JSON, or an unknown field", body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "The own account, or the last active administrator", body = Problem),
        (status = 422, description = "There is no such role", body = Problem),
        (status = 503, description = "Auth is away", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[put("/users/{id}/role")]
pub async fn change_role(
    app: Data<App>,
    admin: Admin,
    id: PathId<UserId>,
    role: Valid<RoleIn>,
) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&PersonOut::from(app.change_role(&admin.0, id.0, role.0).await?)))
}

/// Delete somebody
///
/// Their account ends, their profile is erased, and every service is told to forget them.
#[utoipa::path(
    tag = "users",
    params(("id" = UserId, Path, description = "The account")),
    responses(
        (status = 204),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "The own account, or the last active administrator", body = Problem),
        (status = 503, description = "Auth is away", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[delete("/users/{id}")]
pub async fn delete(app: Data<App>, admin: Admin, id: PathId<UserId>) -> Result<Answer, ApiError> {
    app.delete(&admin.0, id.0).await?;
    Ok(Answer::no_content())
}

/// List what was done to somebody's profile
#[utoipa::path(
    tag = "users",
    params(("id" = UserId, Path, description = "The account"), PageParams),
    responses(
        (status = 200, body = Page<ActivityOut>),
        (status = 400, description = "An unknown parameter, value or cursor", body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/users/{id}/activities")]
pub async fn activities(
    app: Data<App>,
    _admin: Admin,
    id: PathId<UserId>,
    asked: Listing<NoFilter>,
) -> Result<Answer, ApiError> {
    let (page, wanted) = listing::activities(&asked, id.0)?;
    app.person(id.0).await?;
    let shown =
        Page::of(app.activities(&wanted).await?, page.limit, |it| listing::activity_cursor(it, &page));
    Ok(Answer::ok(&shown.map(ActivityOut::from)))
}
