use std::time::Duration;

use sea_orm::DbErr;
use shared::http::{ApiError, Code};

use crate::{domain::SpanFault, rendering::RenderFault};

/// Why audit could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such line.
    #[error("there is no such audit log")]
    NotFound,
    /// As many clients as may are following the feed already.
    #[error("{0} clients follow the feed already, and no more may")]
    FeedFull(usize),
    /// The time that was asked for cannot be counted in.
    #[error(transparent)]
    Span(#[from] SpanFault),
    /// A dimension was asked for, but not of which counter.
    #[error("dimension needs a name beside it")]
    DimensionOfNothing,
    /// A report could not be written down.
    #[error(transparent)]
    Page(#[from] RenderFault),
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
            Error::Span(fault) => bad_query(field(&fault), &fault.to_string()),
            Error::DimensionOfNothing => bad_query("dimension", "needs a name beside it"),
            Error::Page(fault) => ApiError::internal(fault),
            Error::Database(fault) => ApiError::from(fault),
        }
    }
}

fn bad_query(name: &str, message: &str) -> ApiError {
    ApiError::new(Code::BadQuery).detail(format!("{name} {message}.")).field(name, "bad_query", message)
}

/// The parameter to change.
const fn field(fault: &SpanFault) -> &'static str {
    match fault {
        SpanFault::Backwards => "to",
        SpanFault::TooLong { .. } | SpanFault::TooLongForReport => "from",
    }
}
