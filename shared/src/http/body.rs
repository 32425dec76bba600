//! Request bodies: read within limits, decoded, parsed.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::stream::poll_fn;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};

use super::code::Code;
use super::error::ApiError;
use super::input::{Input, parsed};
use super::json;

/// The largest body that is not a file.
pub const MAX_BODY: usize = 256 * 1024;

/// How long a body of at most [`MAX_BODY`] may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// The parsed body of a request, which must be there. Refuses by 400, 408, 413, 415 or 422.
pub struct Valid<T: Input>(pub T::Parsed);

/// The parsed body of a request, or `None` when there is none at all.
pub struct MaybeValid<T: Input>(pub Option<T::Parsed>);

/// Another hold on a request's body than its route's.
pub(super) type Unread = Rc<RefCell<Payload>>;

/// Holds a body that comes in chunks, whether its route reads it or not. Of one that was let go of unread, Actix swallows all that
/// still comes after the answer, for as long as somebody sends; while one is held when the answer has been sent, it closes the
/// connection within a second, as it does after a body with a length (`should_close_for_unread_payload` in actix-http 3.20).
pub(super) fn hold_chunked(req: &mut ServiceRequest) -> Option<Unread> {
    if !req.chunked().unwrap_or(false) {
        return None;
    }
    let unread = Rc::new(RefCell::new(req.take_payload()));
    let read = unread.clone();
    let chunks = poll_fn(move |cx| Pin::new(&mut *read.borrow_mut()).poll_next(cx));
    req.set_payload(Payload::Stream { payload: Box::pin(chunks) });
    Some(unread)
}

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl<T: Input + 'static> FromRequest for Valid<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let body = read(&req, payload).await?;
            require_json(&req, body.is_empty())?;
            parsed(json::decode::<T>(&body)?).map(Valid)
        })
    }
}

impl<T: Input + 'static> FromRequest for MaybeValid<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let body = read(&req, payload).await?;
            if body.is_empty() {
                return Ok(MaybeValid(None));
            }
            require_json(&req, false)?;
            parsed(json::decode::<T>(&body)?).map(|value| MaybeValid(Some(value)))
        })
    }
}

/// `application/json`, or any `…+json`. With neither a body nor a content type the fault is the missing body.
fn require_json(req: &HttpRequest, empty: bool) -> Result<(), ApiError> {
    if empty && !req.headers().contains_key(header::CONTENT_TYPE) {
        return Err(ApiError::new(Code::MalformedJson).detail("A JSON body is needed."));
    }
    let is_json = req.mime_type().ok().flatten().is_some_and(|mime| {
        mime.type_() == "application"
            && (mime.subtype() == "json" || mime.suffix().is_some_and(|s| s == "json"))
    });
    if is_json {
        return Ok(());
    }
    Err(ApiError::new(Code::UnsupportedMediaType).detail("The body must be application/json."))
}

/// The whole body, at most [`MAX_BODY`]. Leaves its hash for an `Idempotency-Key`.
async fn read(req: &HttpRequest, mut payload: Payload) -> Result<Bytes, ApiError> {
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_BODY as u64) {
        return Err(too_large());
    }
    let reading = async {
        let mut body = BytesMut::with_capacity(announced.unwrap_or(0) as usize);
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                ApiError::new(Code::BadRequest).detail("The body could not be read.").caused_by(error)
            })?;
            if body.len() + chunk.len() > MAX_BODY {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let body = tokio::time::timeout(BODY_DEADLINE, reading)
        .await
        .map_err(|_| ApiError::new(Code::RequestTimeout))??;
    if req.headers().contains_key(crate::once::IDEMPOTENCY_KEY) {
        // A second extractor of the same body would find it empty; the first one's hash stands.
        let _ = BodyHash::of(req).0.set(Sha256::digest(&body).into());
    }
    Ok(body)
}

fn too_large() -> ApiError {
    ApiError::new(Code::BodyTooLarge).detail(format!("At most {MAX_BODY} bytes are taken."))
}

/// The body's SHA-256, once it has been read. The extractors of one request run side by side, in no order: whichever
/// comes first makes the cell, and it is read only when the handler runs, after all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyHash(pub(crate) Arc<OnceLock<[u8; 32]>>);

impl BodyHash {
    pub(crate) fn of(req: &HttpRequest) -> Self {
        let mut extensions = req.extensions_mut();
        if let Some(found) = extensions.get::<BodyHash>() {
            return found.clone();
        }
        let made = BodyHash::default();
        extensions.insert(made.clone());
        made
    }
}
