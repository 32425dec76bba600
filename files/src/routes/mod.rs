//! The API of files. This page is its index; each route reads, asks the service, and answers.

mod accesses;
mod avatars;
mod body;
mod disposition;
mod download;
mod dto;
mod export;
mod form;
mod link;
mod part;
mod picture;

use actix_web::http::header;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponseBuilder, delete, get, post};
use shared::auth::Caller;
use shared::http::{Answer, ApiError, Listing, NoFilter, Once, Params, PathId, Problem, When};
use shared::ids::FileId;
use shared::page::{Page, PageParams, PageQuery};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;
use dto::{FileForm, FileOut, OfTicket};

/// Registers the routes. The first that fits is taken: names go before ids.
pub fn configure(cfg: &mut ServiceConfig, app: App) {
    cfg.app_data(web::Data::new(app))
        .service(upload)
        .service(list)
        .service(export::export)
        .service(avatars::put_avatar)
        .service(avatars::get_avatar)
        .service(avatars::delete_avatar)
        .service(get)
        .service(download::download)
        .service(link::link)
        .service(accesses::accesses)
        .service(delete);
}

/// Adds a file to a ticket.
///
/// Taken are JPEG, PNG, GIF, PDF, Word, Excel and plain text in UTF-8. The file's extension, its part's `Content-Type`
/// and its bytes must agree. With an `Idempotency-Key`, the same ticket, name, type and bytes are the same request.
#[utoipa::path(
    tag = "files",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters, kept for 24 h")),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = FileOut, headers(("Location" = String))),
        (status = 400, body = Problem, description = "the form cannot be read, or has other parts"),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "no such ticket for this caller"),
        (status = 408, body = Problem, description = "the body came too slowly"),
        (status = 409, body = Problem, description = "a request with this Idempotency-Key is still running"),
        (status = 413, body = Problem, description = "more than 10 MB"),
        (status = 415, body = Problem, description = "not a form, or a file of a type that is not taken"),
        (status = 422, body = Problem, description = "a part is missing or wrong, the ticket has no room, or the file is infected"),
        (status = 429, body = Problem, description = "too many uploads at once"),
        (status = 503, body = Problem, description = "the bucket, the virus scanner or tickets is away"),
    ),
    security(("bearer" = [])),
)]
#[post("/files")]
async fn upload(
    app: Data<App>,
    caller: Caller,
    once: Once,
    body: Payload,
    request: HttpRequest,
) -> Result<Answer, ApiError> {
    let incoming = form::read(&app, &caller, body, &request).await?;
    let once = once.answering_about(&incoming.fingerprint(), FileOut::created);
    Ok(app.upload(&caller, incoming, once).await?)
}

/// The files of a ticket.
#[utoipa::path(
    tag = "files",
    params(OfTicket, PageParams),
    responses(
        (status = 200, body = Page<FileOut>),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "no such ticket for this caller"),
        (status = 503, body = Problem, description = "tickets is away"),
    ),
    security(("bearer" = [])),
)]
#[get("/files")]
async fn list(
    app: Data<App>,
    caller: Caller,
    query: Listing<OfTicket>,
) -> Result<web::Json<Page<FileOut>>, ApiError> {
    let page = PageQuery::parse(&query.page, &["createdAt"], "-createdAt")?;
    let after = page.after::<(When, FileId)>()?;
    let files = app.files(&caller, query.filter.ticket_id, &page, after).await?;
    Ok(web::Json(files.map(|file| FileOut::from(&file))))
}

/// What is known of a file.
#[utoipa::path(
    tag = "files",
    params(("id" = FileId, Path)),
    responses(
        (status = 200, body = FileOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 503, body = Problem, description = "tickets is away"),
    ),
    security(("bearer" = [])),
)]
#[get("/files/{id}")]
async fn get(
    app: Data<App>,
    caller: Caller,
    id: PathId<FileId>,
    _: Params<NoFilter>,
) -> Result<web::Json<FileOut>, ApiError> {
    let (_, file) = app.file(&caller, id.0).await?;
    Ok(web::Json(FileOut::from(&file)))
}

/// Removes a file from sight. Its bytes are purged a while later.
#[utoipa::path(
    tag = "files",
    params(("id" = FileId, Path)),
    responses(
        (status = 204),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "neither the caller's own file nor the caller an administrator"),
        (status = 404, body = Problem),
        (status = 503, body = Problem, description = "tickets is away"),
    ),
    security(("bearer" = [])),
)]
#[delete("/files/{id}")]
async fn delete(
    app: Data<App>,
    caller: Caller,
    id: PathId<FileId>,
    _: Params<NoFilter>,
) -> Result<Answer, ApiError> {
    app.delete(&caller, id.0).await?;
    Ok(Answer::no_content())
}

/// The headers of bytes that somebody brought: never to be guessed at, shown as a page, or run.
fn guarded(response: &mut HttpResponseBuilder, mime_type: &str, disposition: String, etag: String) {
    response
        .insert_header((header::CONTENT_TYPE, mime_type))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::ETAG, etag))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"));
}
