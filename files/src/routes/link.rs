use actix_web::get;
use actix_web::web::{Data, Json};
use shared::auth::Caller;
use shared::http::{ApiError, ClientAddress, NoFilter, Params, PathId, Problem, When};
use shared::ids::FileId;

use super::disposition::attachment;
use super::dto::LinkOut;
use crate::service::{App, Reader};

/// A link to the bytes of a file, good for five minutes.
///
/// It leads to the S3 server itself, and whoever holds it may read the file: it is for a program that takes no token along.
#[utoipa::path(
    tag = "files",
    params(("id" = FileId, Path)),
    responses(
        (status = 200, body = LinkOut),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 503, body = Problem, description = "tickets is away"),
    ),
    security(("bearer" = [])),
)]
#[get("/files/{id}/url")]
pub async fn link(
    app: Data<App>,
    caller: Caller,
    id: PathId<FileId>,
    _: Params<NoFilter>,
    client: ClientAddress,
) -> Result<Json<LinkOut>, ApiError> {
    let (ticket, file) = app.file(&caller, id.0).await?;
    let reader = Reader { ip_address: client.ip.to_string(), user_agent: client.user_agent };
    let link = app.link(&caller, ticket, &file, &attachment(&file.name), &reader).await?;
    Ok(Json(LinkOut { url: link.url, expires_at: When(link.expires_at) }))
}
