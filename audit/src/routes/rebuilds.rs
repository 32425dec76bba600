use actix_web::{
    HttpResponse, get, post,
    web::{Data, Json},
};
use serde::Serialize;
use shared::{
    auth::Admin,
    http::{ApiError, NoFilter, Params, PathId, Problem, When},
};
use utoipa::ToSchema;

use crate::{
    domain::{Derived, Rebuild},
    service::App,
};

/// Something that is made of the trail, and how far its making anew has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RebuildOut {
    /// Which: `metrics` or `search`.
    #[schema(example = "search")]
    derived: &'static str,
    /// Up to this row of the trail it is made.
    done: i64,
    /// Up to this row it is made anew; what comes behind is added as it is recorded. Null until it begins.
    until: Option<i64>,
    /// When it was asked for.
    requested_at: When,
    /// When it was finished; null while it is not.
    finished_at: Option<When>,
}

impl From<Rebuild> for RebuildOut {
    fn from(rebuild: Rebuild) -> Self {
        let Rebuild { derived, done, until, requested_at, finished_at } = rebuild;
        Self {
            derived: derived.as_str(),
            done,
            until,
            requested_at: When(requested_at),
            finished_at: finished_at.map(When),
        }
    }
}

/// All that are made of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct RebuildsOut {
    /// By name.
    items: Vec<RebuildOut>,
}

/// What is made of the trail – counts and the index that is searched – and when it was made anew.
#[utoipa::path(
    tag = "audit",
    responses(
        (status = 200, body = RebuildsOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/rebuilds")]
pub async fn list(
    app: Data<App>,
    _admin: Admin,
    _nothing: Params<NoFilter>,
) -> Result<Json<RebuildsOut>, ApiError> {
    let items = app.rebuilds().await?.into_iter().map(RebuildOut::from).collect();
    Ok(Json(RebuildsOut { items }))
}

/// Drops one of them and makes it anew of the trail, while everything else goes on. Until it is finished, what was recorded
/// before is in it only as far as it has come.
#[utoipa::path(
    tag = "audit",
    params(("derived" = String, Path, description = "`metrics` or `search`")),
    responses(
        (status = 202, body = RebuildOut),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "What was counted of archived rows would be lost"),
    ),
    security(("bearer" = [])),
)]
#[post("/audit/rebuilds/{derived}")]
pub async fn request(
    app: Data<App>,
    _admin: Admin,
    derived: PathId<Derived>,
) -> Result<HttpResponse, ApiError> {
    let requested = app.rebuild(derived.0).await?;
    Ok(HttpResponse::Accepted().json(RebuildOut::from(requested)))
}
