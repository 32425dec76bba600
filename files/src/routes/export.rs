use actix_web::get;
use actix_web::web::{Data, Json};
use shared::auth::Caller;
use shared::http::{ApiError, NoFilter, Params, Problem};

use super::dto::ExportOut;
use crate::service::App;

/// All that this service keeps about the caller, oldest first.
#[utoipa::path(
    tag = "files",
    responses(
        (status = 200, body = ExportOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[get("/files/export")]
pub async fn export(
    app: Data<App>,
    caller: Caller,
    _: Params<NoFilter>,
) -> Result<Json<ExportOut>, ApiError> {
    Ok(Json(app.export(&caller).await?.into()))
}
