use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use shared::auth::Caller;
use shared::http::{ApiError, ClientAddress, Code, IfNoneMatch, Params, PathId, Problem};
use shared::ids::FileId;

use super::disposition::attachment;
use super::dto::Wish;
use super::guarded;
use super::part::Part;
use crate::service::{App, Reader};

/// The bytes of a file, or one range of them; with `size`, a small picture of a picture.
///
/// Always an attachment, never to be guessed at or run: see the headers. A thumbnail is at most so many pixels wide and high,
/// a JPEG of a JPEG and a PNG of a PNG or GIF, drawn anew: nothing but its pixels is left of the original.
#[utoipa::path(
    tag = "files",
    params(
        ("id" = FileId, Path),
        Wish,
        ("Range" = Option<String>, Header, description = "one range of bytes, as in bytes=0-1023"),
        ("If-Range" = Option<String>, Header),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(
            ("ETag" = String, description = "the SHA-256 of the bytes"),
            ("Content-Disposition" = String),
            ("Accept-Ranges" = String),
        )),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>, headers(("Content-Range" = String))),
        (status = 304),
        (status = 400, body = Problem, description = "a size that is not offered"),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 416, body = Problem, headers(("Content-Range" = String))),
        (status = 422, body = Problem, description = "there is no thumbnail of this file"),
        (status = 429, body = Problem, description = "too many thumbnails at once"),
        (status = 503, body = Problem, description = "the bucket or tickets is away"),
    ),
    security(("bearer" = [])),
)]
#[get("/files/{id}/download")]
pub async fn download(
    app: Data<App>,
    caller: Caller,
    id: PathId<FileId>,
    wish: Params<Wish>,
    client: ClientAddress,
    known: IfNoneMatch,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (ticket, file) = app.file(&caller, id.0).await?;
    let side = wish.0.side()?;
    let etag = match side {
        None => format!("\"{}\"", file.hash),
        Some(side) => format!("\"{}-{}\"", file.hash, side.pixels()),
    };
    if known.matches(&etag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    let reader = Reader { ip_address: client.ip.to_string(), user_agent: client.user_agent };
    if let Some(side) = side {
        let small = app.thumbnail(&caller, ticket, &file, side, &reader).await?;
        let name = format!("attachment; filename=\"thumbnail.{}\"", small.kind.extensions()[0]);
        let mut response = HttpResponse::Ok();
        guarded(&mut response, small.kind.mime(), name, etag);
        return Ok(response.body(small.bytes));
    }
    let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // With `If-Range`, a part is of use only to who holds the rest of this very file.
    let range = text(header::RANGE).filter(|_| text(header::IF_RANGE).is_none_or(|held| held == etag));
    let (status, bytes) = match Part::of(range, file.size) {
        Part::Whole => (StatusCode::OK, None),
        Part::Bytes(first, last) => (StatusCode::PARTIAL_CONTENT, Some((first, last))),
        Part::Beyond => {
            return Err(ApiError::new(Code::RangeNotSatisfiable)
                .header("content-range", &format!("bytes */{}", file.size)));
        }
    };
    let mut response = HttpResponse::build(status);
    guarded(&mut response, &file.mime_type, attachment(&file.name), etag);
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    if let Some((first, last)) = bytes {
        response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", file.size)));
    }
    let length = bytes.map_or(file.size, |(first, last)| last - first + 1);
    let bytes = app.bytes(&caller, ticket, &file, bytes, &reader).await?;
    Ok(response.body(SizedStream::new(length, bytes)))
}
