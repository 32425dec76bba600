use std::time::Duration;

use sea_orm::DbErr;
use shared::http::{ApiError, Code};

use crate::domain::Unreadable;

/// Why audit could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such line.
    #[error("there is no such audit log")]
    NotFound,
    /// Nothing was signed there.
    #[error("there is no checkpoint at row {0}; GET /audit/checkpoints has them")]
    NoCheckpoint(i64),
    /// A row of the trail holds what this build cannot read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// As many clients as may are following the feed already.
    #[error("{0} clients follow the feed already, and no more may")]
    FeedFull(usize),
    /// The database did not do its part.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::NoCheckpoint(_) => ApiError::new(Code::BadQuery).detail(format!("after: {error}")),
            Error::Unreadable(fault) => ApiError::internal(fault),
            Error::FeedFull(_) => ApiError::new(Code::RateLimited)
                .detail(error.to_string())
                .retry_after(Duration::from_secs(30)),
            Error::Database(fault) => ApiError::from(fault),
        }
    }
}
