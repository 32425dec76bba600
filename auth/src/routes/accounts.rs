use actix_web::{get, post, web::Data};
use shared::{
    auth::Caller,
    http::{Answer, ApiError, FieldErrors, Once, Problem, Valid},
};

use super::{
    dto::{AccountOut, AuthResponse, ExportOut, RegisterIn, VerifyEmailIn},
    visitor::Visitor,
};
use crate::service::{App, Registration};

/// Register
///
/// Makes an account with the role `user`, signs it in, and mails a link that proves the address. With an
/// `Idempotency-Key` it may be sent again; the tokens of each answer are new.
#[utoipa::path(
    tag = "auth",
    request_body = RegisterIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same account for 24 h", min_length = 1, max_length = 255)),
    responses(
        (status = 201, body = AuthResponse, headers(("Location" = String))),
        (status = 400, description = "Malformed JSON, or an unknown field", body = Problem),
        (status = 409, description = "The address is taken", body = Problem),
        (status = 422, description = "A value is invalid, or the key was used for another body", body = Problem),
        (status = 429, description = "Too many calls from this address", body = Problem),
    ),
)]
#[post("/auth/register")]
pub async fn register(
    app: Data<App>,
    visitor: Visitor,
    input: Valid<RegisterIn>,
    once: Once,
) -> Result<Answer, ApiError> {
    let mut errors = FieldErrors::new();
    let parsed = input.0.parsed(app.policy(), &mut errors).filter(|_| errors.is_empty());
    let (email, password) = parsed.ok_or_else(|| errors.into_error())?;
    let idempotency_key = once.key().map(str::to_owned);
    let signed_in = app.register(Registration { email, password, idempotency_key }, &visitor.0).await?;
    Ok(Answer::created("/auth/me", &AuthResponse::from(signed_in)))
}

/// Who am I?
#[utoipa::path(
    tag = "auth",
    responses((status = 200, body = AccountOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/auth/me")]
pub async fn me(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&AccountOut::from(&app.me(&caller).await?)))
}

/// Everything that auth keeps on me
///
/// The account without its password, and all sessions that are remembered, the oldest first.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, body = ExportOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/auth/export")]
pub async fn export(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    let (account, sessions) = app.export(&caller).await?;
    Ok(Answer::ok(&ExportOut::of(&account, sessions)))
}

/// Prove the address
#[utoipa::path(
    tag = "auth",
    request_body = VerifyEmailIn,
    responses(
        (status = 204),
        (status = 400, body = Problem),
        (status = 422, description = "The link is not valid, spent or expired", body = Problem),
        (status = 429, description = "Too many calls from this address", body = Problem),
    ),
)]
#[post("/auth/verify-email")]
pub async fn verify_email(
    app: Data<App>,
    _visitor: Visitor,
    token: Valid<VerifyEmailIn>,
) -> Result<Answer, ApiError> {
    app.verify_email(&token.0).await?;
    Ok(Answer::no_content())
}

/// Mail the link that proves the address once more
#[utoipa::path(
    tag = "auth",
    responses(
        (status = 202, description = "The mail is on its way, unless the address is proven already"),
        (status = 401, body = Problem),
        (status = 429, description = "Too many mails within an hour", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[post("/auth/resend-verification")]
pub async fn resend(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    app.resend_verification(&caller).await?;
    Ok(Answer::accepted())
}
