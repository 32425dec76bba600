use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap},
    web::{Bytes, Data},
};
use futures_util::{Stream, stream};
use shared::{
    auth::Admin,
    http::{ApiError, Code, Params, Problem},
    live::Next,
    page::Page,
};

use super::dto::{FeedEventOut, FeedParams};
use crate::service::{App, Following};

/// The whole feed, oldest first. With `Accept: text/event-stream` it goes on live: one message an event, whose id is
/// its number, so `Last-Event-ID` resumes with nothing missed. The stream ends with the session.
#[utoipa::path(
    tag = "audit",
    params(FeedParams, ("Last-Event-ID" = Option<u64>, Header, description = "For the live stream: the last number seen")),
    responses(
        (status = 200, content(
            (Page<FeedEventOut> = "application/json"),
            (String = "text/event-stream"),
        )),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 429, body = Problem, description = "Too many follow the live stream already"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/events")]
pub async fn feed(
    app: Data<App>,
    admin: Admin,
    request: HttpRequest,
    params: Params<FeedParams>,
) -> Result<HttpResponse, ApiError> {
    let after = params.0.after()?;
    let limit = params.0.limit()?;
    if !wants_stream(request.headers()) {
        let items = app.events(after, limit + 1).await?;
        let page = FeedParams::page(items, limit, |item| item.sequence);
        return Ok(HttpResponse::Ok().json(page.map(FeedEventOut::from)));
    }
    let after = last_event_id(request.headers())?.unwrap_or(after);
    let following = app.follow(&admin.0, after)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(messages(following)))
}

impl FeedParams {
    pub(super) fn after(&self) -> Result<i64, ApiError> {
        if self.after.is_some() && self.cursor.is_some() {
            return Err(
                ApiError::new(Code::BadQuery).detail("after and cursor are the same thing: give one of them")
            );
        }
        number("after", self.after.or(self.cursor).unwrap_or(0))
    }

    /// Of one more than are wanted, the page. No opaque cursor: the number is the reader's own bookmark.
    pub(super) fn page<T>(found: Vec<T>, limit: u64, number: impl Fn(&T) -> i64) -> Page<T> {
        let more = found.len() as u64 > limit;
        let items: Vec<_> = found.into_iter().take(limit as usize).collect();
        let next_cursor = items.last().filter(|_| more).map(|last| number(last).to_string());
        Page { items, next_cursor }
    }

    pub(super) fn limit(&self) -> Result<u64, ApiError> {
        match self.limit.unwrap_or(25) {
            limit @ 1..=100 => Ok(limit),
            _ => Err(ApiError::new(Code::BadQuery).detail("limit: wanted is a number from 1 to 100")),
        }
    }
}

fn number(name: &str, number: u64) -> Result<i64, ApiError> {
    i64::try_from(number)
        .map_err(|_| ApiError::new(Code::BadQuery).detail(format!("{name}: the number is too large")))
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/event-stream"))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    match value.to_str().ok().and_then(|text| text.trim().parse::<i64>().ok()).filter(|id| *id >= 0) {
        Some(id) => Ok(Some(id)),
        None => Err(ApiError::new(Code::BadHeader).detail("Last-Event-ID: wanted is a number of the feed")),
    }
}

/// The stream of server-sent events. A fault ends it; the client comes back with its `Last-Event-ID`.
fn messages(following: Following) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(Some(following), |following| async move {
        let mut following = following?;
        match following.next().await {
            Ok(Next::Found(items)) => {
                let mut text = String::new();
                for item in items {
                    let id = item.sequence;
                    match serde_json::to_string(&FeedEventOut::from(item)) {
                        Ok(json) => text.push_str(&format!("id: {id}\ndata: {json}\n\n")),
                        Err(fault) => return Some((Err(ApiError::internal(fault)), None)),
                    }
                }
                Some((Ok(Bytes::from(text)), Some(following)))
            }
            Ok(Next::Silence) => Some((Ok(Bytes::from_static(b": \n\n")), Some(following))),
            Ok(Next::End) => None,
            Err(fault) => Some((Err(fault.into()), None)),
        }
    })
}
