use actix_web::{post, web::Data};
use shared::{
    auth::Caller,
    http::{Answer, ApiError, ClientAddress, Problem, Valid},
};

use super::{
    dto::{ChangePasswordIn, ForgotIn, ResetIn},
    visitor::{Visitor, client},
};
use crate::{Error, error::refused, service::App};

/// I forgot my password
///
/// The answer is the same whether somebody has the address or not. A new link voids the one before.
#[utoipa::path(
    tag = "auth",
    request_body = ForgotIn,
    responses(
        (status = 202, description = "If there is such an account, a mail is on its way"),
        (status = 400, body = Problem),
        (status = 422, body = Problem),
        (status = 429, description = "Too many calls from this address", body = Problem),
    ),
)]
#[post("/auth/forgot-password")]
pub async fn forgot(app: Data<App>, _visitor: Visitor, email: Valid<ForgotIn>) -> Result<Answer, ApiError> {
    app.forgot_password(&email.0).await?;
    Ok(Answer::accepted())
}

/// Set a new password with the link from the mail
///
/// All sessions of the account end.
#[utoipa::path(
    tag = "auth",
    request_body = ResetIn,
    responses(
        (status = 204),
        (status = 400, body = Problem),
        (status = 422, description = "The link is not valid, spent or expired; or the password is refused", body = Problem),
        (status = 429, description = "Too many calls from this address", body = Problem),
    ),
)]
#[post("/auth/reset-password")]
pub async fn reset(app: Data<App>, _visitor: Visitor, input: Valid<ResetIn>) -> Result<Answer, ApiError> {
    let (token, password) = input.0;
    app.reset_password(&token, password).await?;
    Ok(Answer::no_content())
}

/// Change my password
///
/// The account's other sessions end.
#[utoipa::path(
    tag = "auth",
    request_body = ChangePasswordIn,
    responses(
        (status = 204),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 422, description = "The current password is another one, or the new one is refused", body = Problem),
        (status = 429, description = "Too many wrong guesses at the current password", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[post("/auth/change-password")]
pub async fn change(
    app: Data<App>,
    caller: Caller,
    address: ClientAddress,
    input: Valid<ChangePasswordIn>,
) -> Result<Answer, ApiError> {
    let (current, new) = input.0;
    let changed = app.change_password(&caller, current, new, &client(address)).await;
    changed.map_err(|error| match error {
        Error::Password(fault) => refused("newPassword", fault),
        other => other.into(),
    })?;
    Ok(Answer::no_content())
}
