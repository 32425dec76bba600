//! Reads the form that a picture comes in, part by part.

use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::http::header;
use futures_util::StreamExt;
use shared::http::{ApiError, Code};
use tokio::time::timeout;

use crate::domain::{Picture, PictureFault};

/// What a form may have around its picture: boundaries and headers.
const AROUND: usize = 16 * 1024;
/// How long a picture may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);
/// A refused client that still sends is listened to for this long, so that it hears the answer: one that finds the
/// connection closed under its hands often does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads it, or says what is wrong with it.
pub async fn picture(mut parts: Multipart, request: &HttpRequest) -> Result<Picture, ApiError> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced: Option<usize> = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    let outcome = match announced {
        Some(length) if length > Picture::MAX + AROUND => Err(refused(PictureFault::TooLarge)),
        _ => match timeout(DEADLINE, read(&mut parts)).await {
            Ok(outcome) => outcome,
            Err(_) => return Err(ApiError::new(Code::RequestTimeout).detail("The body comes too slowly.")),
        },
    };
    // A stream of parts that has failed must not be asked for more.
    if outcome.as_ref().is_err_and(|fault| !is_unreadable(fault)) {
        let _ = timeout(PATIENCE, drain(&mut parts)).await;
    }
    outcome
}

const A_FORM: &str = "The body must be a well-formed multipart/form-data.";

async fn read(parts: &mut Multipart) -> Result<Picture, ApiError> {
    let mut picture = None;
    while let Some(part) = parts.next().await {
        let part = part.map_err(unreadable)?;
        match part.name().unwrap_or_default() {
            "file" if picture.is_none() => picture = Some(file(part).await?),
            "file" => {
                let fault = ApiError::new(Code::DuplicateField);
                return Err(fault.field("file", "duplicate_field", "is given twice"));
            }
            name => {
                let name: String = name.chars().take(64).collect();
                let fault = ApiError::new(Code::UnknownField);
                return Err(fault.field(&name, "unknown_field", "is not known here"));
            }
        }
    }
    picture.ok_or_else(|| ApiError::validation("file", "required", "is required"))
}

async fn file(mut part: Field) -> Result<Picture, ApiError> {
    let declared = part.content_type().map(|kind| kind.essence_str().to_owned()).unwrap_or_default();
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend_from_slice(&chunk.map_err(unreadable)?);
        if bytes.len() > Picture::MAX {
            return Err(refused(PictureFault::TooLarge));
        }
    }
    Picture::parse(&declared, bytes).map_err(refused)
}

/// Lets what is still coming run out, as long as it is not more than a form could rightly be.
async fn drain(parts: &mut Multipart) {
    let mut seen = 0;
    while let Some(Ok(mut part)) = parts.next().await {
        while let Some(Ok(bytes)) = part.next().await {
            seen += bytes.len();
            if seen > 2 * Picture::MAX {
                return;
            }
        }
    }
}

fn refused(fault: PictureFault) -> ApiError {
    match fault {
        PictureFault::Empty => ApiError::validation("file", "empty", fault.to_string()),
        PictureFault::TooLarge => ApiError::new(Code::FileTooLarge).detail(fault.to_string()),
        PictureFault::NotAllowed => ApiError::new(Code::FileTypeNotAllowed).detail(fault.to_string()),
    }
}

fn is_unreadable(fault: &ApiError) -> bool {
    matches!(fault.code(), Code::UnsupportedMediaType | Code::BadRequest)
}

fn unreadable(fault: MultipartError) -> ApiError {
    let code = match &fault {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => Code::UnsupportedMediaType,
        _ => Code::BadRequest,
    };
    ApiError::new(code).detail(A_FORM).caused_by(fault)
}
