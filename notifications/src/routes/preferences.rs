use actix_web::{
    get, put,
    web::{Data, Json},
};
use shared::{
    auth::Caller,
    http::{ApiError, Problem, Valid},
};

use super::dto::{PreferencesIn, PreferencesOut};
use crate::service::App;

/// What the caller wants to be told, and in which language.
#[utoipa::path(
    tag = "notifications",
    responses((status = 200, body = PreferencesOut), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/notifications/preferences")]
pub(super) async fn show(app: Data<App>, caller: Caller) -> Result<Json<PreferencesOut>, ApiError> {
    Ok(Json(app.preferences(&caller).await?.into()))
}

/// Changes it; what is absent stays as it is.
#[utoipa::path(
    tag = "notifications",
    request_body = PreferencesIn,
    responses(
        (status = 200, body = PreferencesOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 422, body = Problem),
    ),
    security(("bearer" = [])),
)]
#[put("/notifications/preferences")]
pub(super) async fn change(
    app: Data<App>,
    caller: Caller,
    input: Valid<PreferencesIn>,
) -> Result<Json<PreferencesOut>, ApiError> {
    Ok(Json(app.prefer(&caller, input.0).await?.into()))
}
