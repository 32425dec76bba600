use std::time::Duration;

use sea_orm::DbErr;
use shared::http::{ApiError, Code};

use crate::domain::{Channel, NotOptional, WordingFault};

/// Why a use case of this service did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is somebody else's: the two look alike.
    #[error("not found")]
    NotFound,
    /// A rule says no.
    #[error(transparent)]
    NotOptional(#[from] NotOptional),
    /// A template that cannot be used.
    #[error(transparent)]
    Wording(#[from] WordingFault),
    /// The delivery has gone, or waits for its turn as it is.
    #[error("only a delivery that failed or was suppressed can be tried again")]
    NotRetriable,
    /// What it would say is kept no more.
    #[error("what it would say was secret and is kept no more")]
    Forgotten,
    /// As many follow their lists as may.
    #[error("too many follow their notifications already")]
    TooManyStreams,
    /// The database.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::NotOptional(fault) => {
                let channel = match fault.channel {
                    Channel::InApp => "inApp",
                    other => other.as_str(),
                };
                ApiError::validation(
                    &format!("{channel}.{}", fault.template),
                    "not_optional",
                    fault.to_string(),
                )
            }
            Error::Wording(fault) => {
                let field = format!("{}.{}", fault.language, fault.part.as_str());
                ApiError::validation(&field, fault.code, fault.to_string())
            }
            Error::NotRetriable | Error::Forgotten => ApiError::new(Code::Conflict).detail(error.to_string()),
            Error::TooManyStreams => ApiError::new(Code::RateLimited)
                .detail(error.to_string())
                .retry_after(Duration::from_secs(30)),
            Error::Database(error) => error.into(),
        }
    }
}
