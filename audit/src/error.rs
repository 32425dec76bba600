use std::time::Duration;

use sea_orm::DbErr;
use shared::{
    blobs::BlobError,
    http::{ApiError, Code, bad_query},
};

use crate::{
    domain::{SpanFault, Unreadable},
    rendering::RenderFault,
};

/// Why audit could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("there is no such audit log, failed event or archive")]
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
    /// The time that was asked for cannot be counted in.
    #[error(transparent)]
    Span(#[from] SpanFault),
    /// A dimension was asked for, but not of which counter.
    #[error("dimension needs a name beside it")]
    DimensionOfNothing,
    /// A report could not be written down.
    #[error(transparent)]
    Page(#[from] RenderFault),
    /// What was counted of rows that are archived could not be counted anew.
    #[error("a part of the trail is archived: what was counted of it would be lost")]
    Archived,
    /// The failed event is on record by now.
    #[error("the event is on record already")]
    Resolved,
    /// The failed event failed again.
    #[error("{0}")]
    StillFailing(String),
    /// Rows went into an archive while they were being written out.
    #[error("a part of the trail was put away meanwhile; begin again")]
    PutAway,
    /// The archives are not to be had here.
    #[error("archives are not opened here while trail_retention is 0")]
    NoArchives,
    /// The bucket has something else under the name of an archive.
    #[error("the object in the bucket is not the archive that was put away")]
    NotTheArchive,
    /// The bucket of the archives.
    #[error(transparent)]
    Storage(#[from] BlobError),
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
            Error::Span(fault) => bad_query(field(&fault), &fault.to_string()),
            Error::DimensionOfNothing => bad_query("dimension", "needs a name beside it"),
            Error::Page(fault) => ApiError::internal(fault),
            Error::Archived | Error::Resolved => ApiError::new(Code::Conflict).detail(error.to_string()),
            Error::StillFailing(_) => ApiError::new(Code::EventNotHandled).detail(error.to_string()),
            Error::PutAway => ApiError::new(Code::Conflict).detail(error.to_string()),
            Error::NoArchives => ApiError::unavailable(&error).detail(error.to_string()),
            Error::NotTheArchive => ApiError::internal(error),
            // An archive that is gone is our loss, not the client's mistake.
            Error::Storage(fault @ BlobError::Missing) => ApiError::internal(fault),
            Error::Storage(fault) => ApiError::unavailable(fault).retry_after(Duration::from_secs(2)),
            Error::Database(fault) => ApiError::from(fault),
        }
    }
}

/// The parameter to change.
const fn field(fault: &SpanFault) -> &'static str {
    match fault {
        SpanFault::Backwards => "to",
        SpanFault::TooLong { .. } | SpanFault::TooLongForReport => "from",
    }
}
