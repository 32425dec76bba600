use actix_web::{
    get,
    web::{Data, Json},
};
use shared::{
    auth::Admin,
    http::{ApiError, Params, Problem},
};

use super::metrics_dto::{MetricsOut, MetricsParams};
use crate::service::App;

/// How often things happened and how long they took: all counters in short, or one by hour, day or week. Each event is
/// counted once, at its own time; all hours, days and weeks are of UTC.
#[utoipa::path(
    tag = "audit",
    params(MetricsParams),
    responses(
        (status = 200, body = MetricsOut),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read, or the time is too long"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/metrics")]
pub async fn metrics(
    app: Data<App>,
    _admin: Admin,
    params: Params<MetricsParams>,
) -> Result<Json<MetricsOut>, ApiError> {
    Ok(Json(app.metrics(&params.0.into()).await?.into()))
}
