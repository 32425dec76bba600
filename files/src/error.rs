use std::time::Duration;

use sea_orm::DbErr;
use shared::blobs::BlobError;
use shared::http::client::CallError;
use shared::http::{ApiError, Code};
use shared::once::OnceError;
use thiserror::Error;

use crate::domain::FileError;
use crate::scanner::ScanError;

/// When to come back while the bucket or the scanner is away.
const BUCKET_RETRY: Duration = Duration::from_secs(2);
/// When to come back while all places for uploads are taken.
const SLOT_RETRY: Duration = Duration::from_secs(5);

/// Why a use case did not come to its end.
#[derive(Debug, Error)]
pub enum Error {
    /// A rule of the domain.
    #[error(transparent)]
    Rule(#[from] FileError),
    /// There is no such file or picture, or it is not the caller's to see or to change.
    #[error("there is no such file")]
    NotFound,
    /// Tickets could not say who may see what.
    #[error("tickets: {0:?}")]
    Tickets(CallError),
    /// The bucket.
    #[error(transparent)]
    Storage(#[from] BlobError),
    /// The virus scanner gave no verdict.
    #[error(transparent)]
    Scanner(#[from] ScanError),
    /// An idempotency key.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// All places are taken.
    #[error("too many files at once")]
    Busy,
    /// The sweeper took an upload for abandoned that was not.
    #[error("the upload took too long to be stored")]
    Overtaken,
    /// The disk on which uploads wait.
    #[error("the spool: {0}")]
    Spool(#[from] std::io::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<CallError> for Error {
    /// A ticket that the caller may not see is not there.
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotFound | CallError::Forbidden => Error::NotFound,
            error => Error::Tickets(error),
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rule(rule) => broken(&rule),
            Error::NotFound => ApiError::not_found(),
            Error::Tickets(error) => error.into(),
            // A row without its object is our loss, not the client's mistake.
            Error::Storage(error @ BlobError::Missing) => ApiError::internal(error),
            Error::Storage(error) => ApiError::unavailable(error).retry_after(BUCKET_RETRY),
            Error::Scanner(error) => ApiError::unavailable(error).retry_after(BUCKET_RETRY),
            Error::Once(error) => error.into(),
            Error::Busy => ApiError::new(Code::RateLimited).detail(error.to_string()).retry_after(SLOT_RETRY),
            Error::Overtaken | Error::Spool(_) => ApiError::unavailable(error).retry_after(BUCKET_RETRY),
            Error::Db(error) => error.into(),
        }
    }
}

fn broken(rule: &FileError) -> ApiError {
    let code = match rule {
        FileError::Name(fault) => return ApiError::validation("file", fault.code(), fault.to_string()),
        FileError::Empty => return ApiError::validation("file", "empty", rule.to_string()),
        FileError::Pixels { .. } => return ApiError::validation("file", "too_many_pixels", rule.to_string()),
        FileError::TooManyPixels { .. } => {
            return ApiError::validation("file", "too_many_pixels", rule.to_string());
        }
        FileError::NoThumbnail => return ApiError::validation("size", "no_thumbnail", rule.to_string()),
        FileError::Infected { .. } => Code::Infected,
        FileError::TooLarge { .. } => Code::FileTooLarge,
        FileError::TooManyFiles { .. } => Code::TooManyFiles,
        FileError::QuotaExceeded { .. } => Code::QuotaExceeded,
        FileError::Type(_) => Code::FileTypeNotAllowed,
        FileError::NotYours => Code::Forbidden,
    };
    ApiError::new(code).detail(rule.to_string())
}
