use sea_orm::DbErr;
use shared::http::ApiError;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(fault) => fault.into(),
        }
    }
}
