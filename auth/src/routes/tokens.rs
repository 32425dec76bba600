use actix_web::{get, post, web::Data};
use shared::{
    auth::Caller,
    http::{Answer, ApiError, MaybeValid, Problem, Valid},
};

use super::{
    dto::{AuthResponse, LoginIn, LogoutIn, RefreshIn, VerifyOut},
    visitor::Visitor,
};
use crate::service::App;

/// Sign in
///
/// A wrong address and a wrong password are answered alike. After 5 failures within 15 minutes for one address, 429
/// for a while that grows.
#[utoipa::path(
    tag = "auth",
    request_body = LoginIn,
    responses(
        (status = 200, body = AuthResponse),
        (status = 400, body = Problem),
        (status = 401, description = "Wrong address or wrong password", body = Problem),
        (status = 422, body = Problem),
        (status = 429, description = "Too many failures for this address, or calls from yours", body = Problem),
    ),
)]
#[post("/auth/login")]
pub async fn login(app: Data<App>, visitor: Visitor, input: Valid<LoginIn>) -> Result<Answer, ApiError> {
    let (email, password) = input.0;
    let signed_in = app.login(&email, password, &visitor.0).await?;
    Ok(Answer::ok(&AuthResponse::from(signed_in)))
}

/// Sign out
///
/// The session's access and refresh tokens are refused from now on, in all services within a second.
#[utoipa::path(
    tag = "auth",
    request_body(content = Option<LogoutIn>, description = "May be left out"),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[post("/auth/logout")]
pub async fn logout(app: Data<App>, caller: Caller, input: MaybeValid<LogoutIn>) -> Result<Answer, ApiError> {
    app.logout(&caller, input.0.unwrap_or(false)).await?;
    Ok(Answer::no_content())
}

/// Get the next tokens
///
/// Each refresh token is good for one use. A use more than 10 seconds after the first one ends the session.
#[utoipa::path(
    tag = "auth",
    request_body = RefreshIn,
    responses(
        (status = 200, body = AuthResponse),
        (status = 400, body = Problem),
        (status = 401, description = "The refresh token is not valid", body = Problem),
        (status = 422, body = Problem),
        (status = 429, description = "Too many calls from this address", body = Problem),
    ),
)]
#[post("/auth/refresh")]
pub async fn refresh(app: Data<App>, visitor: Visitor, token: Valid<RefreshIn>) -> Result<Answer, ApiError> {
    let signed_in = app.refresh(&token.0, &visitor.0).await?;
    Ok(Answer::ok(&AuthResponse::from(signed_in)))
}

/// What does my access token say?
#[utoipa::path(
    tag = "auth",
    responses((status = 200, body = VerifyOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/auth/verify")]
pub async fn verify(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&VerifyOut::from(app.verify(&caller).await?)))
}
