//! Cross-origin calls from browsers: an exact list of origins, no cookies.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const METHODS: &str = "GET, HEAD, POST, PUT, DELETE";
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, range, x-request-id";
const ANSWER_HEADERS: &str = "accept-ranges, content-disposition, content-range, etag, idempotency-replayed, location, retry-after, x-request-id";
/// Two hours, the most that browsers keep it.
const MAX_AGE: &str = "7200";

/// Whether the browser asks before it sends.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The `Origin` of the request, if it is on the list.
pub(super) fn allowed(headers: &HeaderMap, origins: &[HeaderValue]) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).filter(|origin| origins.contains(origin)).cloned()
}

/// What the answer says to a browser. `Vary` stands in every answer, so that no cache gives one origin's to another.
pub(super) fn answer(
    headers: &mut HeaderMap,
    origin: Option<HeaderValue>,
    preflight: bool,
    any_origins: bool,
) {
    if any_origins {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let mut insert =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    if preflight {
        insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    } else {
        insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }
}
