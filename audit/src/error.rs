use std::time::Duration;

use sea_orm::DbErr;
use shared::http::{ApiError, Code};

/// Why audit could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("there is no such audit log or failed event")]
    NotFound,
    /// As many clients as may are following the feed already.
    #[error("{0} clients follow the feed already, and no more may")]
    FeedFull(usize),
    /// The failed event is on record by now.
    #[error("the event is on record already")]
    Resolved,
    /// The failed event failed again.
    #[error("{0}")]
    StillFailing(String),
    /// The database did not do its part.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::FeedFull(_) => ApiError::new(Code::RateLimited)
                .detail(error.to_string())
                .retry_after(Duration::from_secs(30)),
            Error::Resolved => ApiError::new(Code::Conflict).detail(error.to_string()),
            Error::StillFailing(_) => ApiError::new(Code::EventNotHandled).detail(error.to_string()),
            Error::Database(fault) => ApiError::from(fault),
        }
    }
}
