use sea_orm::DbErr;
use shared::http::ApiError;
use shared::once::OnceError;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such ticket, as far as the caller may know.
    #[error("no such ticket")]
    NotFound,
    /// The request's `Idempotency-Key` stands in its way.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::Once(fault) => fault.into(),
            Error::Database(fault) => fault.into(),
        }
    }
}
