use actix_web::{
    get,
    web::{Data, Json},
};
use shared::{
    auth::Caller,
    http::{ApiError, NoFilter, Params, Problem},
};

use super::dto::ExportOut;
use crate::service::App;

/// Everything that this service keeps about the caller, to be taken away.
#[utoipa::path(
    tag = "notifications",
    responses((status = 200, body = ExportOut), (status = 400, body = Problem), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/notifications/export")]
pub(super) async fn export(
    app: Data<App>,
    caller: Caller,
    _nothing: Params<NoFilter>,
) -> Result<Json<ExportOut>, ApiError> {
    Ok(Json(app.export(&caller).await?.into()))
}
