use actix_multipart::Multipart;
use actix_web::web::Data;
use actix_web::{HttpRequest, delete, post};
use shared::auth::Caller;
use shared::http::{Answer, ApiError, Problem};

use super::dto::{AvatarForm, ProfileOut};
use super::form;
use crate::service::App;

/// Give myself a picture
///
/// In the place of the one before.
#[utoipa::path(
    tag = "users",
    request_body(content = AvatarForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = ProfileOut),
        (status = 400, description = "Not a form, or an unknown field", body = Problem),
        (status = 401, body = Problem),
        (status = 408, description = "The picture came too slowly", body = Problem),
        (status = 413, description = "More than 2 MiB", body = Problem),
        (status = 415, description = "Neither JPEG nor PNG nor GIF", body = Problem),
        (status = 422, description = "There is no picture in it", body = Problem),
        (status = 503, description = "Files is away", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[post("/users/avatar")]
pub async fn change(
    app: Data<App>,
    caller: Caller,
    form: Multipart,
    request: HttpRequest,
) -> Result<Answer, ApiError> {
    let _place = app.place_for_picture().await?;
    let picture = form::picture(form, &request).await?;
    Ok(Answer::ok(&ProfileOut::from(app.set_avatar(&caller, picture).await?)))
}

/// Take my picture away
///
/// That there was none is no fault.
#[utoipa::path(
    tag = "users",
    responses(
        (status = 204),
        (status = 401, body = Problem),
        (status = 503, description = "Files is away", body = Problem),
    ),
    security(("bearer" = [])),
)]
#[delete("/users/avatar")]
pub async fn remove(app: Data<App>, caller: Caller) -> Result<Answer, ApiError> {
    app.remove_avatar(&caller).await?;
    Ok(Answer::no_content())
}
