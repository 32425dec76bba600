use actix_web::{delete, get, web::Data};
use shared::{
    auth::Caller,
    http::{Answer, ApiError, PathId, Problem},
    ids::SessionId,
};

use super::dto::SessionsOut;
use crate::service::App;

/// Where am I signed in?
#[utoipa::path(
    tag = "auth",
    responses((status = 200, body = SessionsOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/auth/sessions")]
pub async fn list(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&SessionsOut::from(app.list_sessions(&caller).await?)))
}

/// Sign out there
#[utoipa::path(
    tag = "auth",
    params(("id" = SessionId, Path, description = "One of my sessions")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = [])),
)]
#[delete("/auth/sessions/{id}")]
pub async fn end(app: Data<App>, caller: Caller, id: PathId<SessionId>) -> Result<Answer, ApiError> {
    app.end_session(&caller, id.0).await?;
    Ok(Answer::no_content())
}
