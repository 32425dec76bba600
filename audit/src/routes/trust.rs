use actix_web::{
    HttpResponse, get,
    http::header::CONTENT_TYPE,
    web::{Bytes, Data, Json},
};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use shared::{
    auth::Admin,
    http::{ApiError, Code, NoFilter, Params, Problem},
    page::Page,
};
use utoipa::IntoParams;

use super::dto::{CheckpointOut, FeedParams, VerdictOut};
use crate::{
    domain::PublicKey,
    service::{App, Export},
};

/// From where the trail is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct FromParams {
    /// The row of a checkpoint (`GET /audit/checkpoints`), to begin behind it; 0, the default, means the first row that is
    /// there.
    #[param(minimum = 0)]
    after: Option<u64>,
}

impl FromParams {
    fn after(&self) -> Result<i64, ApiError> {
        i64::try_from(self.after.unwrap_or(0))
            .map_err(|_| ApiError::new(Code::BadQuery).detail("after: the number is too large"))
    }
}

/// Is the trail as it was written? Every row is held against the chain, every checkpoint and the signed end; the first row that
/// was changed, removed, inserted or cut off is named. Ten thousands of rows a second: a long trail takes its time.
#[utoipa::path(
    tag = "audit",
    params(FromParams),
    responses(
        (status = 200, body = VerdictOut),
        (status = 400, body = Problem, description = "There is no checkpoint at that row"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/verify")]
pub async fn verify(
    app: Data<App>,
    _admin: Admin,
    params: Params<FromParams>,
) -> Result<Json<VerdictOut>, ApiError> {
    Ok(Json(app.verify(params.0.after()?).await?.into()))
}

/// The kept checkpoints, the oldest first. Keep one elsewhere, and a trail that was cut off behind it can never pass for whole.
#[utoipa::path(
    tag = "audit",
    params(FeedParams),
    responses(
        (status = 200, body = Page<CheckpointOut>),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/checkpoints")]
pub async fn checkpoints(
    app: Data<App>,
    _admin: Admin,
    params: Params<FeedParams>,
) -> Result<Json<Page<CheckpointOut>>, ApiError> {
    let limit = params.0.limit()?;
    let found = app.checkpoints(params.0.after()?, limit + 1).await?;
    Ok(Json(FeedParams::page(found, limit, |it| it.sequence).map(CheckpointOut::from)))
}

/// What checkpoints are verified with: Ed25519 public keys in PEM, first the one that signs today, then its predecessors.
#[utoipa::path(
    tag = "audit",
    responses(
        (status = 200, body = String, content_type = "application/x-pem-file"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/public-key")]
pub async fn public_key(app: Data<App>, _admin: Admin, _nothing: Params<NoFilter>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/x-pem-file"))
        .body(app.public_keys().iter().map(PublicKey::to_pem).collect::<String>())
}

/// The trail as JSON lines for whoever verifies it with the public key alone (`helpdesk audit verify`). Personal details are in
/// it sealed; what opens them is not.
#[utoipa::path(
    tag = "audit",
    params(FromParams),
    responses(
        (status = 200, body = String, content_type = "application/jsonl"),
        (status = 400, body = Problem, description = "There is no checkpoint at that row"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 409, body = Problem, description = "A part of it was put away meanwhile: begin again"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/trail")]
pub async fn trail(
    app: Data<App>,
    _admin: Admin,
    params: Params<FromParams>,
) -> Result<HttpResponse, ApiError> {
    let mut export = app.export(params.0.after()?).await?;
    // What can fail at once fails before the answer has begun.
    let first = stream::iter(export.next().await?.map(|text| Ok(Bytes::from(text))));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/jsonl"))
        .insert_header(("content-disposition", "attachment; filename=\"audit-trail.jsonl\""))
        .streaming(first.chain(pieces(export))))
}

/// A fault breaks the answer off: an export without its last line is no whole one.
fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(Some(export), |export| async move {
        let mut export = export?;
        match export.next().await {
            Ok(text) => Some((Ok(Bytes::from(text?)), Some(export))),
            Err(fault) => Some((Err(fault.into()), None)),
        }
    })
}
