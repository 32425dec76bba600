use actix_web::{
    HttpResponse,
    body::SizedStream,
    get,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{Data, Json},
};
use futures_util::TryStreamExt;
use serde::Serialize;
use shared::{
    auth::Admin,
    http::{ApiError, NoFilter, Params, PathId, Problem, When},
    page::Page,
};
use utoipa::ToSchema;

use super::dto::FeedParams;
use crate::{domain::Archive, service::App};

/// A part of the trail that lies in a file, signed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveOut {
    /// The first row in it.
    first_sequence: i64,
    /// The last row in it, at which a checkpoint ends the file.
    last_sequence: i64,
    /// When the first row was recorded.
    first_recorded_at: When,
    /// When the last row was recorded.
    last_recorded_at: When,
    /// The file's name in the bucket.
    #[schema(example = "trail-2026-01-rows-000000000001-000000012345-0123456789abcdef.jsonl.gz")]
    object: String,
    /// SHA-256 of the file, in hexadecimal digits.
    sha256: String,
    /// Its bytes.
    size: i64,
    /// When it was put away.
    archived_at: When,
    /// The first 16 hexadecimal digits of the SHA-256 of the public key.
    key_id: String,
    /// Ed25519, in hexadecimal digits.
    signature: String,
}

impl From<Archive> for ArchiveOut {
    fn from(archive: Archive) -> Self {
        let it = archive.contents;
        Self {
            first_sequence: it.first_sequence,
            last_sequence: it.last_sequence,
            first_recorded_at: When(it.first_recorded_at),
            last_recorded_at: When(it.last_recorded_at),
            object: it.object,
            sha256: it.file_hash,
            size: it.file_size,
            archived_at: When(archive.archived_at),
            key_id: archive.key_id,
            signature: archive.signature,
        }
    }
}

/// The months of the trail that were put away as files, the oldest first. `after` is the last row of the archive before.
#[utoipa::path(
    tag = "audit",
    params(FeedParams),
    responses(
        (status = 200, body = Page<ArchiveOut>),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/archives")]
pub async fn list(
    app: Data<App>,
    _admin: Admin,
    params: Params<FeedParams>,
) -> Result<Json<Page<ArchiveOut>>, ApiError> {
    let limit = params.0.limit()?;
    let found = app.archives(params.0.after()?, limit + 1).await?;
    Ok(Json(FeedParams::page(found, limit, |it| it.contents.last_sequence).map(ArchiveOut::from)))
}

/// One archive: compressed JSON lines in the form of `GET /audit/trail`, for `helpdesk audit verify`. What is not the file that
/// was put away is broken off.
#[utoipa::path(
    tag = "audit",
    params(("lastSequence" = i64, Path, description = "The last row in it")),
    responses(
        (status = 200, content_type = "application/gzip", body = Vec<u8>),
        (status = 400, body = Problem, description = "A parameter is unknown"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 404, body = Problem),
        (status = 503, body = Problem, description = "The bucket is away, or none is opened since rows stay for ever"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/archives/{lastSequence}")]
pub async fn get(
    app: Data<App>,
    _admin: Admin,
    last: PathId<i64>,
    _nothing: Params<NoFilter>,
) -> Result<HttpResponse, ApiError> {
    let (it, bytes) = app.archive(last.0).await?;
    let size = u64::try_from(it.file_size).map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/gzip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", it.object)))
        .body(SizedStream::new(size, bytes.map_err(ApiError::from))))
}
