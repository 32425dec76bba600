use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap},
    web::{Bytes, Data},
};
use futures_util::{Stream, stream};
use shared::{
    auth::Caller,
    http::{ApiError, Code, NoFilter, Params, Problem},
    live::Next,
};

use super::dto::NotificationOut;
use crate::service::{App, Following, News};

/// The caller's own notifications as they come: server-sent events, one message each, whose id is its place in the list.
/// It begins with the end of the list as it is, and `Last-Event-ID` resumes behind a place with nothing missed and nothing
/// doubled, on whichever replica. It ends with the session.
#[utoipa::path(
    tag = "notifications",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The last place seen; 0 for everything")),
    responses(
        (status = 200, content((String = "text/event-stream"))),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 429, body = Problem, description = "Too many are open already, here or of the caller's own"),
    ),
    security(("bearer" = [])),
)]
#[get("/notifications/stream")]
pub(super) async fn follow(
    app: Data<App>,
    caller: Caller,
    request: HttpRequest,
    _nothing: Params<NoFilter>,
) -> Result<HttpResponse, ApiError> {
    let following = app.into_inner().follow(&caller, last_event_id(request.headers())?)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(messages(following)))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    match value.to_str().ok().and_then(|text| text.trim().parse::<i64>().ok()).filter(|id| *id >= 0) {
        Some(id) => Ok(Some(id)),
        None => Err(ApiError::new(Code::BadHeader).detail("Last-Event-ID: wanted is a number of the stream")),
    }
}

/// A fault ends the stream; the client comes back with its `Last-Event-ID`.
fn messages(following: Following) -> impl Stream<Item = Result<Bytes, ApiError>> {
    // Boxed, as it would have its room twice: where it is handed in, and where it is used.
    stream::unfold(Some(Box::new(following)), |following| async move {
        let mut following = following?;
        match following.next().await {
            Ok(Next::Found(News::Lines(lines))) => {
                let mut text = String::new();
                for (place, line) in lines {
                    match serde_json::to_string(&NotificationOut::from(line)) {
                        Ok(json) => text.push_str(&format!("id: {place}\ndata: {json}\n\n")),
                        Err(fault) => return Some((Err(ApiError::internal(fault)), None)),
                    }
                }
                Some((Ok(Bytes::from(text)), Some(following)))
            }
            // A message without data: the client remembers the id, and shows nothing.
            Ok(Next::Found(News::From(place))) => {
                Some((Ok(Bytes::from(format!("id: {place}\n\n"))), Some(following)))
            }
            Ok(Next::Silence) => Some((Ok(Bytes::from_static(b": \n\n")), Some(following))),
            Ok(Next::End) => None,
            Err(fault) => Some((Err(fault.into()), None)),
        }
    })
}
