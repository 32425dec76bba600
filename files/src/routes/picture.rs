//! Reads the picture of a person as it comes in: the body is its bytes, and nothing is around them.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use shared::auth::Caller;
use shared::http::{ApiError, Code};
use shared::ids::UserId;
use tokio::time::{timeout, timeout_at};

use super::body::{PATIENCE, admit_length, too_slow};
use crate::domain::{FileError, picture_kind};
use crate::error::Error;
use crate::service::{App, Pace, Picture};

/// Reads it, or says what is wrong with it. Whose picture it may not be, and what is no picture, is told before it is read.
pub async fn read(
    app: &App,
    caller: &Caller,
    user: UserId,
    bytes: Payload,
    request: &HttpRequest,
) -> Result<Picture, ApiError> {
    let mut body = Body { bytes, readable: true, pace: app.pace(), received: 0 };
    let outcome = body.picture(app, caller, user, request).await;
    if outcome.is_err() && body.readable {
        body.drain(app.avatar_limit()).await;
    }
    outcome
}

struct Body {
    bytes: Payload,
    /// A body that has failed or ended must not be asked for more.
    readable: bool,
    pace: Pace,
    received: u64,
}

impl Body {
    async fn picture(
        &mut self,
        app: &App,
        caller: &Caller,
        user: UserId,
        request: &HttpRequest,
    ) -> Result<Picture, ApiError> {
        let sitter = app.sitter(caller, user)?;
        let declared = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = picture_kind(declared).map_err(|fault| Error::from(FileError::from(fault)))?;
        admit_length(request, app.avatar_limit(), 0)?;
        let mut intake = app.intake(app.avatar_limit()).await?;
        while let Some(bytes) = self.next().await? {
            intake.take(&bytes).await?;
        }
        Ok(Picture { sitter, kind, parcel: intake.finish().await? })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let bytes = timeout_at(self.pace.deadline(self.received), self.bytes.next()).await;
        let bytes = match bytes {
            Ok(bytes) => bytes.transpose().map_err(|error| {
                ApiError::new(Code::BadRequest).detail("The body could not be read.").caused_by(error)
            }),
            Err(_) => Err(too_slow()),
        };
        self.readable = matches!(bytes, Ok(Some(_)));
        self.received += bytes.as_ref().ok().and_then(Option::as_ref).map_or(0, |bytes| bytes.len() as u64);
        bytes
    }

    /// Lets what is still coming run out, up to so many bytes and for so long.
    async fn drain(&mut self, limit: u64) {
        let mut seen = 0;
        let _ = timeout(PATIENCE, async {
            while let Some(Ok(bytes)) = self.bytes.next().await {
                seen += bytes.len() as u64;
                if seen > limit {
                    return;
                }
            }
        })
        .await;
    }
}
