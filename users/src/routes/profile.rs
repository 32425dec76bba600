use actix_web::web::Data;
use actix_web::{get, put};
use shared::auth::Caller;
use shared::http::{Answer, ApiError, Problem, Valid};

use super::dto::{ProfileOut, ProfilePatchIn};
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
