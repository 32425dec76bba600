use sea_orm::DbErr;
use shared::http::{ApiError, CallError, Code};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nobody of this id.
    #[error("no such person")]
    NotFound,
    /// The caller was erased: the token is all that is left of them.
    #[error("the caller was erased")]
    Erased,
    /// Too many bring a picture already.
    #[error("too many pictures at once")]
    Busy,
    /// Another service refused, or is away.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The database refused, or is away.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::Erased => ApiError::new(Code::TokenRevoked),
            Error::Busy => ApiError::unavailable("too many pictures come in at once"),
            Error::Call(fault) => fault.into(),
            Error::Database(fault) => fault.into(),
        }
    }
}
