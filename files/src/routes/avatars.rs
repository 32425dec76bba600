use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use shared::auth::Caller;
use shared::http::{Answer, ApiError, IfNoneMatch, NoFilter, Params, PathId, Problem};
use shared::ids::UserId;

use super::dto::{AvatarOut, PictureBytes, Version};
use super::{guarded, picture};
use crate::domain::{Avatar, Kind};
use crate::service::App;

/// Sets somebody's picture: one's own, or anybody's for an administrator.
///
/// The body is the picture itself: a JPEG, PNG or GIF of at most 2 MiB and 4096 pixels a side, whose bytes are what its
/// `Content-Type` says. The same picture again changes nothing.
#[utoipa::path(
    tag = "files",
    params(("id" = UserId, Path, description = "the person")),
    request_body(content((PictureBytes = "image/jpeg"), (PictureBytes = "image/png"), (PictureBytes = "image/gif"))),
    responses(
        (status = 200, body = AvatarOut),
        (status = 201, body = AvatarOut, description = "there was none before", headers(("Location" = String))),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "somebody else's picture"),
        (status = 408, body = Problem, description = "the body came too slowly"),
        (status = 413, body = Problem, description = "more than 2 MiB"),
        (status = 415, body = Problem, description = "not such a picture"),
        (status = 422, body = Problem, description = "empty, or too many pixels"),
        (status = 429, body = Problem, description = "too many uploads at once"),
        (status = 503, body = Problem, description = "the bucket is away"),
    ),
    security(("bearer" = [])),
)]
#[put("/files/avatars/{id}")]
pub async fn put_avatar(
    app: Data<App>,
    caller: Caller,
    id: PathId<UserId>,
    _: Params<NoFilter>,
    bytes: Payload,
    request: HttpRequest,
) -> Result<Answer, ApiError> {
    let picture = picture::read(&app, &caller, id.0, bytes, &request).await?;
    let hung = app.hang(picture).await?;
    let out = AvatarOut::from(&hung.avatar);
    let made = || Answer::created(format!("/files/avatars/{}", id.0), &out);
    Ok(if hung.is_first { made() } else { Answer::ok(&out) })
}

/// Somebody's picture. `v` is the version that its `url` names; the answer is the picture of now.
///
/// Like a download it is an attachment, never to be guessed at or run.
#[utoipa::path(
    tag = "files",
    params(
        ("id" = UserId, Path, description = "the person"),
        Version,
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, content(
            (PictureBytes = "image/jpeg"), (PictureBytes = "image/png"), (PictureBytes = "image/gif"),
        ), headers(
            ("ETag" = String, description = "the SHA-256 of the bytes"),
            ("Content-Disposition" = String),
        )),
        (status = 304),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "there is none"),
        (status = 503, body = Problem, description = "the bucket is away"),
    ),
    security(("bearer" = [])),
)]
#[get("/files/avatars/{id}")]
pub async fn get_avatar(
    app: Data<App>,
    caller: Caller,
    id: PathId<UserId>,
    _: Params<Version>,
    known: IfNoneMatch,
) -> Result<HttpResponse, ApiError> {
    // It is another one at the same address after a change, so a cache asks each time and is mostly told 304.
    const ASK_EACH_TIME: (HeaderName, &str) = (header::CACHE_CONTROL, "private, no-cache");
    let avatar = app.avatar(&caller, id.0).await?;
    let etag = etag_of(&avatar);
    if known.matches(&etag) {
        let mut unchanged = HttpResponse::NotModified();
        return Ok(unchanged.insert_header((header::ETAG, etag)).insert_header(ASK_EACH_TIME).finish());
    }
    let (avatar, bytes) = app.avatar_bytes(&caller, avatar).await?;
    let mut response = HttpResponse::Ok();
    guarded(&mut response, &avatar.mime_type, disposition(&avatar), etag_of(&avatar));
    Ok(response.insert_header(ASK_EACH_TIME).body(SizedStream::new(avatar.size, bytes)))
}

/// Takes somebody's picture down: one's own, or anybody's for an administrator. Also when there is none.
#[utoipa::path(
    tag = "files",
    params(("id" = UserId, Path, description = "the person")),
    responses(
        (status = 204),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "somebody else's picture"),
    ),
    security(("bearer" = [])),
)]
#[delete("/files/avatars/{id}")]
pub async fn delete_avatar(
    app: Data<App>,
    caller: Caller,
    id: PathId<UserId>,
    _: Params<NoFilter>,
) -> Result<Answer, ApiError> {
    app.take_down(app.sitter(&caller, id.0)?).await?;
    Ok(Answer::no_content())
}

fn etag_of(avatar: &Avatar) -> String {
    format!("\"{}\"", avatar.hash)
}

/// A name that says nothing of whom it shows.
fn disposition(avatar: &Avatar) -> String {
    let extension = Kind::of_mime(&avatar.mime_type).map_or("", |kind| kind.extensions()[0]);
    format!("attachment; filename=\"avatar.{extension}\"")
}
