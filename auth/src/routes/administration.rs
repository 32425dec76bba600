use actix_web::{put, web::Data};
use shared::{
    auth::Admin,
    http::{Answer, ApiError, PathId, Problem, Valid},
    ids::UserId,
};

use super::dto::{AccountOut, RoleIn, StatusIn};
use crate::service::App;

/// Give an account a role
///
/// Its sessions end: whoever was signed in signs in again, with the new role.
#[utoipa::path(
    tag = "auth",
    params(("id" = UserId, Path, description = "The account")),
    request_body = RoleIn,
    responses(
        (status = 200, body = AccountOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "The own account, or the last active administrator", body = Problem),
        (status = 422, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[put("/auth/users/{id}/role")]
pub async fn set_role(
    app: Data<App>,
    admin: Admin,
    id: PathId<UserId>,
    role: Valid<RoleIn>,
) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&AccountOut::from(&app.set_role(&admin.0, id.0, role.0).await?)))
}

/// Close an account, or open it again
///
/// Its sessions end.
#[utoipa::path(
    tag = "auth",
    params(("id" = UserId, Path, description = "The account")),
    request_body = StatusIn,
    responses(
        (status = 200, body = AccountOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "The own account, or the last active administrator", body = Problem),
        (status = 422, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[put("/auth/users/{id}/status")]
pub async fn set_status(
    app: Data<App>,
    admin: Admin,
    id: PathId<UserId>,
    status: Valid<StatusIn>,
) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&AccountOut::from(&app.set_status(&admin.0, id.0, status.0).await?)))
}
