use actix_web::{delete, put, web::Data};
use shared::{
    auth::Admin,
    http::{Answer, ApiError, PathId, Valid},
    ids::UserId,
};

use super::dto::{AccountOut, AdminRefusal, RoleIn, StatusIn};
use crate::service::App;

/// Give an account a role
///
/// Its sessions end: whoever was signed in signs in again, with the new role.
#[utoipa::path(
    tag = "auth",
    params(("id" = UserId, Path, description = "The account")),
    request_body = RoleIn,
    responses((status = 200, body = AccountOut), AdminRefusal),
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
    responses((status = 200, body = AccountOut), AdminRefusal),
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

/// Delete an account
///
/// Its sessions end, nothing of its owner stays here, and the other services are told to forget them too. The address may
/// be registered anew, as somebody else.
#[utoipa::path(
    tag = "auth",
    params(("id" = UserId, Path, description = "The account")),
    responses((status = 204), AdminRefusal),
    security(("bearer" = [])),
)]
#[delete("/auth/users/{id}")]
pub async fn delete(app: Data<App>, admin: Admin, id: PathId<UserId>) -> Result<Answer, ApiError> {
    app.delete(&admin.0, id.0).await?;
    Ok(Answer::no_content())
}
