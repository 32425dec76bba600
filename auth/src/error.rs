//! What a use case may end in beside success, and how the API says it.

use std::{fmt, time::Duration};

use sea_orm::DbErr;
use shared::http::{ApiError, Code, FieldFault};

use crate::domain::{AccountError, EmailError, PasswordError};

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule on accounts was broken.
    #[error(transparent)]
    Rule(#[from] AccountError),
    /// Wrong address or wrong password; which of the two is nobody's business.
    #[error("wrong e-mail address or password")]
    Credentials,
    /// The password that was to be changed is another one.
    #[error("the current password is another one")]
    CurrentPassword,
    /// Too many failures for this address.
    #[error("too many failed attempts")]
    Locked {
        /// When it may try again.
        retry_after: Duration,
    },
    /// Too many calls from one place, or mails to one account.
    #[error("too many requests")]
    RateLimited {
        /// When it may try again.
        retry_after: Duration,
    },
    /// The refresh token is unknown, spent, expired or of an ended session.
    #[error("the refresh token is not valid")]
    RefreshToken,
    /// The token of a mailed link is unknown, spent, voided or expired.
    #[error("the link is not valid")]
    Link,
    /// The caller's session has ended, or the account is closed.
    #[error("the session has ended")]
    SignedOut,
    /// The caller is no administrator any more.
    #[error("not allowed")]
    Forbidden,
    /// Somebody has the address already.
    #[error("the address is taken")]
    EmailTaken,
    /// The new password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The idempotency key was used for another request.
    #[error("the Idempotency-Key was used for another request")]
    Repetition,
    /// It is not there, or not the caller's.
    #[error("not found")]
    NotFound,
    /// Too many wait for a core already.
    #[error("too many requests wait")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// Something else failed.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

impl Error {
    /// A fault that is nobody's but ours.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Error::Internal(anyhow::anyhow!("{cause:#}"))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rule(rule @ AccountError::OwnAccount) => {
                ApiError::new(Code::OwnAccount).detail(sentence(&rule.to_string()))
            }
            Error::Rule(AccountError::LastAdmin) => ApiError::new(Code::LastAdmin),
            Error::Credentials => ApiError::new(Code::InvalidCredentials),
            Error::CurrentPassword => {
                ApiError::validation("currentPassword", "wrong_password", "is not the current password")
            }
            Error::Locked { retry_after } => ApiError::new(Code::TooManyAttempts).retry_after(retry_after),
            Error::RateLimited { retry_after } => ApiError::new(Code::RateLimited).retry_after(retry_after),
            Error::RefreshToken => ApiError::new(Code::InvalidRefreshToken),
            Error::Link => ApiError::new(Code::InvalidLinkToken),
            Error::SignedOut => ApiError::new(Code::TokenRevoked),
            Error::Forbidden => ApiError::new(Code::Forbidden),
            Error::EmailTaken => ApiError::new(Code::EmailTaken),
            Error::Password(fault) => refused("password", fault),
            Error::Repetition => ApiError::new(Code::IdempotencyMismatch),
            Error::NotFound => ApiError::not_found(),
            Error::Busy => ApiError::unavailable("too many wait for bcrypt"),
            Error::Database(fault) => fault.into(),
            Error::Internal(fault) => ApiError::internal(format!("{fault:#}")),
        }
    }
}

/// 422 for a new password in `field`.
pub fn refused(field: &str, fault: PasswordError) -> ApiError {
    ApiError::validation(field, fault.code(), fault.to_string())
}

impl FieldFault for EmailError {
    fn code(&self) -> &str {
        EmailError::code(*self)
    }
}

impl FieldFault for PasswordError {
    fn code(&self) -> &str {
        PasswordError::code(*self)
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.map_or_else(String::new, |first| format!("{first}{}.", letters.as_str()))
}
