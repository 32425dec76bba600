//! What use cases end in, in the words of the API.

use shared::http::{ApiError, Code, FieldFault};

use crate::{
    domain::{AccountError, EmailError, PasswordError},
    service::Error,
};

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
