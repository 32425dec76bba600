//! Reads the form of an upload as it comes in, part by part.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};
use futures_util::{Stream, StreamExt};
use shared::auth::Caller;
use shared::http::{ApiError, Code};
use shared::ids::TicketId;
use shared::once::IDEMPOTENCY_KEY;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::body::{PATIENCE, admit_length, too_slow};
use crate::domain::{FileError, FileName};
use crate::error::Error;
use crate::service::{App, Incoming, Pace, Parcel, Visible};

/// What a form may have around its file: boundaries, headers, the ticket's id.
const AROUND: u64 = 64 * 1024;

/// Reads it, or says what is wrong with it. Who may not see the ticket is told so before the file is read, where the
/// ticket comes first.
pub async fn read(
    app: &App,
    caller: &Caller,
    body: Payload,
    request: &HttpRequest,
) -> Result<Incoming, ApiError> {
    // What is refused is listened to for as much again, and no more.
    let bytes = listened_to(body, 2 * (app.file_limit() + AROUND));
    let parts = Multipart::new(request.headers(), bytes);
    let mut form = Form { parts, readable: true, pace: app.pace(), received: 0 };
    let outcome = form.incoming(app, caller, request).await;
    if outcome.is_err() && form.readable {
        form.drain().await;
    }
    outcome
}

struct Form {
    parts: Multipart,
    /// A stream of parts that has failed must not be asked for more.
    readable: bool,
    pace: Pace,
    received: u64,
}

struct NamedFile {
    name: FileName,
    declared: Option<String>,
    parcel: Parcel,
}

impl Form {
    async fn incoming(
        &mut self,
        app: &App,
        caller: &Caller,
        request: &HttpRequest,
    ) -> Result<Incoming, ApiError> {
        admit_length(request, app.file_limit(), AROUND)?;
        // A request that may be a repetition needs no room: the file that it made may be what took the last of it.
        let wants_room = !request.headers().contains_key(IDEMPOTENCY_KEY);
        let mut ticket = None;
        let mut file = None;
        while let Some(part) = self.next_part().await? {
            match part.name().unwrap_or_default() {
                "ticketId" if ticket.is_none() => {
                    let seen = self.ticket(app, caller, part).await?;
                    if wants_room {
                        app.has_room(seen).await?;
                    }
                    ticket = Some(seen);
                }
                "file" if file.is_none() => file = Some(self.file(app, part).await?),
                name @ ("ticketId" | "file") => {
                    return Err(ApiError::new(Code::DuplicateField).field(
                        name,
                        "duplicate_field",
                        "is given twice",
                    ));
                }
                name => {
                    let name: String = name.chars().take(64).collect();
                    return Err(ApiError::new(Code::UnknownField).field(
                        &name,
                        "unknown_field",
                        "is not known here",
                    ));
                }
            }
        }
        match (ticket, file) {
            (Some(ticket), Some(NamedFile { name, declared, parcel })) => {
                Ok(Incoming { ticket, name, declared, parcel })
            }
            (ticket, file) => {
                let missing = [("ticketId", ticket.is_none()), ("file", file.is_none())];
                let missing = missing.into_iter().filter(|(_, missing)| *missing);
                Err(missing.fold(ApiError::new(Code::ValidationFailed), |error, (name, _)| {
                    error.field(name, "required", "is required")
                }))
            }
        }
    }

    async fn ticket(&mut self, app: &App, caller: &Caller, mut part: Field) -> Result<Visible, ApiError> {
        let mut text = Vec::new();
        while let Some(bytes) = self.next_bytes(&mut part).await? {
            text.extend_from_slice(&bytes);
            if text.len() > 64 {
                break;
            }
        }
        let id: Option<TicketId> = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
        let id = id.ok_or_else(|| ApiError::validation("ticketId", "invalid_id", "is not an id"))?;
        Ok(app.see(caller, id).await?)
    }

    async fn file(&mut self, app: &App, mut part: Field) -> Result<NamedFile, ApiError> {
        let name = FileName::parse(&file_name(&part)).map_err(|fault| Error::from(FileError::from(fault)))?;
        let declared = part.content_type().map(ToString::to_string);
        let mut intake = app.intake(app.file_limit()).await?;
        while let Some(bytes) = self.next_bytes(&mut part).await? {
            intake.take(&bytes).await?;
        }
        Ok(NamedFile { name, declared, parcel: intake.finish().await? })
    }

    async fn next_part(&mut self) -> Result<Option<Field>, ApiError> {
        let part = timeout_at(self.pace.deadline(self.received), self.parts.next()).await;
        self.readable(part)
    }

    async fn next_bytes(&mut self, part: &mut Field) -> Result<Option<Bytes>, ApiError> {
        let bytes = timeout_at(self.pace.deadline(self.received), part.next()).await;
        let bytes = self.readable(bytes)?;
        self.received += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(bytes)
    }

    /// What came in time and could be read.
    fn readable<T>(
        &mut self,
        read: Result<Option<Result<T, MultipartError>>, Elapsed>,
    ) -> Result<Option<T>, ApiError> {
        let read = read.map_err(|_| too_slow());
        let read = read.and_then(|read| read.transpose().map_err(unreadable));
        self.readable = read.is_ok();
        read
    }

    /// Lets what is still coming run out, for so long, or until nobody listens any more.
    async fn drain(&mut self) {
        let end = Instant::now() + PATIENCE;
        let _ = timeout(PATIENCE, async {
            while let Some(Ok(mut part)) = self.parts.next().await {
                while let Some(Ok(_)) = part.next().await {
                    if Instant::now() > end {
                        return;
                    }
                }
            }
        })
        .await;
    }
}

/// The body up to so many bytes, where it breaks off. Counted here: what reads the form steps over the rest of a part that
/// was left without a word.
fn listened_to(body: Payload, most: u64) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let mut left = most;
    body.map(move |bytes| {
        let bytes = bytes?;
        left = left.checked_sub(bytes.len() as u64).ok_or(PayloadError::Overflow)?;
        Ok(bytes)
    })
}

/// The name of a part's file: `filename*` where there is one that can be read, else `filename`. None is empty.
fn file_name(part: &Field) -> String {
    let Some(disposition) = part.content_disposition() else { return String::new() };
    let extended = disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
    extended.or_else(|| disposition.get_filename().map(str::to_owned)).unwrap_or_default()
}

fn unreadable(error: MultipartError) -> ApiError {
    let code = match &error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => Code::UnsupportedMediaType,
        MultipartError::Payload(PayloadError::Overflow) => Code::BodyTooLarge,
        _ => Code::BadRequest,
    };
    ApiError::new(code).detail("The body must be a well-formed multipart/form-data.").caused_by(error)
}
