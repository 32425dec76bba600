use actix_web::{
    HttpResponse, get,
    http::header::CONTENT_TYPE,
    web::{Bytes, Data},
};
use futures_util::{Stream, stream};
use serde::Serialize;
use shared::{
    auth::Caller,
    http::{ApiError, NoFilter, Params, Problem},
};
use utoipa::ToSchema;

use super::dto::AuditLogOut;
use crate::{domain::LogLine, service::App};

/// Everything in the trail that is about the caller.
#[derive(Serialize, ToSchema)]
pub struct ExportOut {
    /// The lines, the oldest first.
    logs: Vec<AuditLogOut>,
}

/// Everything in the trail that is about the caller, to be taken away: what they did, and what was done to their account
/// and their sessions. Anybody may ask for their own.
#[utoipa::path(
    tag = "audit",
    responses((status = 200, body = ExportOut), (status = 400, body = Problem), (status = 401, body = Problem)),
    security(("bearer" = [])),
)]
#[get("/audit/export")]
pub async fn export(
    app: Data<App>,
    caller: Caller,
    _nothing: Params<NoFilter>,
) -> Result<HttpResponse, ApiError> {
    // What can fail at once fails before the answer has begun.
    let lines = app.lines_on(&caller, 0).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .streaming(pieces(app, caller, lines)))
}

/// How far an answer is.
enum Place {
    /// These lines are next, and the answer has begun or has not.
    Lines(Vec<LogLine>, bool),
    /// Everything is said.
    End,
}

/// The answer piece by piece, so that memory stays flat however long a trail is. A fault breaks it off, which no reader
/// takes for a whole one.
fn pieces(
    app: Data<App>,
    caller: Caller,
    first: Vec<LogLine>,
) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(Place::Lines(first, false), move |place| {
        let (app, caller) = (app.clone(), caller.clone());
        async move {
            let Place::Lines(lines, has_begun) = place else { return None };
            let (opening, mut comma) = if has_begun { ("", ",") } else { ("{\"logs\":[", "") };
            let mut text = opening.to_owned();
            let Some(last) = lines.last().map(|line| line.sequence) else {
                text.push_str("]}");
                return Some((Ok(text.into()), Place::End));
            };
            for line in lines {
                match serde_json::to_string(&AuditLogOut::from(line)) {
                    Ok(json) => text.extend([comma, &json]),
                    Err(fault) => return Some((Err(ApiError::internal(fault)), Place::End)),
                }
                comma = ",";
            }
            match app.lines_on(&caller, last).await {
                Ok(next) => Some((Ok(text.into()), Place::Lines(next, true))),
                Err(fault) => Some((Err(fault.into()), Place::End)),
            }
        }
    })
}
