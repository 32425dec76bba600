use sea_orm::DbErr;
use shared::http::ApiError;

use crate::domain::NotOptional;

/// Why a use case of this service did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is somebody else's: the two look alike.
    #[error("not found")]
    NotFound,
    /// A rule says no.
    #[error(transparent)]
    NotOptional(#[from] NotOptional),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::NotOptional(fault) => {
                ApiError::validation(&format!("email.{}", fault.0), "not_optional", fault.to_string())
            }
            Error::Database(error) => error.into(),
        }
    }
}
