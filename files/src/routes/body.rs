//! What reading a file's body has in common, whatever is around it.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use shared::http::{ApiError, Code};

use crate::domain::FileError;
use crate::error::Error;

/// A refused client that still sends is listened to for this long, so that it hears the answer: one that finds the
/// connection closed under its hands often does not.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Refuses a body that says itself that it is too long: more than a file of `limit` bytes and `around` it.
///
/// # Errors
/// 413 `file_too_large`.
pub fn admit_length(request: &HttpRequest, limit: u64, around: u64) -> Result<(), ApiError> {
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit + around) {
        return Err(Error::from(FileError::TooLarge { limit }).into());
    }
    Ok(())
}

/// What a client is told that loses its place.
pub fn too_slow() -> ApiError {
    ApiError::new(Code::RequestTimeout).detail("The body comes too slowly.")
}
