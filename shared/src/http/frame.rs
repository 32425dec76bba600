//! What is done to every request: the frame outside the span, and the threshold between the span and the routes.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Response, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use bytes::Bytes;
use futures_util::FutureExt;
use tracing_actix_web::RootSpan;

use super::body::{self, Unread};
use super::code::Code;
use super::error::ApiError;
use super::request_id::{REQUEST_ID, RequestId};
use super::site::{Held, Newcomer, Site};
use super::span::{Arrival, Failure};
use super::{Authentication, address, client, cors};
use crate::telemetry;

/// Below this an answer is not worth compressing.
const SMALLEST_COMPRESSED: u64 = 1024;

/// Outermost: the request's id and deadline, its place among those in flight, the metrics, the headers of every answer.
pub(super) async fn frame(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Framed>, Error> {
    let site = req.app_data::<web::Data<Site>>().expect("serve puts the site into every app").clone();
    let held = site.in_flight.enter();
    if let Some(newcomer) = req.conn_data::<Newcomer>() {
        newcomer.has_asked();
    }
    let id = RequestId::of(req.headers(), site.clock.now());
    let (client, over_tls) = address::of(req.peer_addr().map(|peer| peer.ip()), req.headers(), &site.proxies);
    let arrival = Arrival { at: Instant::now(), method: method_label(req.method()), route: route(&req) };
    let origin = cors::allowed(req.headers(), &site.origins);
    let preflight = cors::is_preflight(req.method(), req.headers());
    let deadline = client::deadline_of(req.headers());
    {
        let mut extensions = req.extensions_mut();
        extensions.insert(id.clone());
        extensions.insert(client);
        extensions.insert(arrival.clone());
    }
    let unread = body::hold_chunked(&mut req);
    // The connection remembers that it was HEAD, and leaves the body out.
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    let answering = client::within_deadline(deadline, next.call(req));
    let outcome = telemetry::correlated(id.0.clone(), answering).await;

    let finish = |headers: &mut HeaderMap, status: StatusCode| {
        measure(&site, &arrival, status);
        if let Ok(id) = HeaderValue::from_str(&id.0) {
            headers.insert(HeaderName::from_static(REQUEST_ID), id);
        }
        cors::answer(headers, origin, preflight, !site.origins.is_empty());
        secure(headers, over_tls);
        if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "identity") {
            headers.remove(header::CONTENT_ENCODING);
        }
        if site.is_stopping() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    };
    let framed = |body| Framed { body, _held: held, _unread: unread };
    match outcome {
        Ok(mut response) => {
            let status = response.status();
            finish(response.headers_mut(), status);
            if site.is_stopping() {
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            Ok(response.map_body(|_, body| framed(body.boxed())))
        }
        Err(error) => {
            let mut response = error.error_response();
            let status = response.status();
            finish(response.headers_mut(), status);
            let response = response.map_body(|_, body| framed(body).boxed());
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Innermost: refuses what no route is to see, finds out who calls, and settles how errors leave.
pub(super) async fn threshold(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if cors::is_preflight(req.method(), req.headers()) {
        return Ok(req.into_response(HttpResponse::NoContent().finish()));
    }
    // RUSTSEC-2026-0447: a compressed body gets past every limit on its size.
    if req.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let refusal = ApiError::new(Code::UnsupportedEncoding).header("accept-encoding", "identity");
        return Ok(settled(req.into_response(HttpResponse::from_error(refusal))));
    }
    let site = req.app_data::<web::Data<Site>>().expect("serve puts the site into every app").clone();
    let caller = Authentication::of(req.headers(), &site.guard).await;
    if let (Ok(caller), Some(span)) = (caller.caller(), req.extensions().get::<RootSpan>()) {
        span.record("user", tracing::field::display(caller.user_id));
    }
    req.extensions_mut().insert(caller);
    match AssertUnwindSafe(next.call(req)).catch_unwind().await {
        Ok(outcome) => outcome.map(|response| settled(response.map_into_boxed_body())),
        Err(panic) => {
            let text =
                panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
            Err(ApiError::internal(format!("a handler panicked: {}", text.unwrap_or_default())).into())
        }
    }
}

/// The answer with its error taken out and left for the log, as a problem whoever made it, marked when it is not to
/// be compressed.
fn settled(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let (req, response) = response.into_parts();
    let Some(error) = response.error() else {
        let mut response = response;
        mark_uncompressed(&mut response);
        return ServiceResponse::new(req, response);
    };
    let (failure, mut response) = match error.as_error::<ApiError>() {
        Some(ours) => {
            let failure = Failure { code: ours.code(), cause: ours.cause().map(str::to_string) };
            (failure, HttpResponse::from(Response::from(response)))
        }
        None => {
            let code = Code::for_status(response.status());
            let (failure, answer) = (Failure { code, cause: Some(error.to_string()) }, ApiError::new(code));
            (failure, answer.error_response())
        }
    };
    response.extensions_mut().insert(failure);
    ServiceResponse::new(req, response)
}

/// Compression pays for text of some length. A stream of events would be held back by it, and a file's length and
/// ranges would no longer be true.
fn mark_uncompressed(response: &mut HttpResponse<BoxBody>) {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    let is_text = kind == "application/json"
        || kind == "application/javascript"
        || (kind.starts_with("text/") && kind != "text/event-stream");
    let long = match response.body().size() {
        BodySize::None => false,
        BodySize::Sized(size) => size >= SMALLEST_COMPRESSED,
        BodySize::Stream => true,
    };
    let attached = response.headers().contains_key(header::CONTENT_DISPOSITION);
    let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    let worthwhile = is_text && long && !attached;
    if !worthwhile && !encoded {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
    }
}

fn route(req: &ServiceRequest) -> String {
    req.match_pattern().unwrap_or_else(|| "unmatched".to_string())
}

/// A label from a closed list, whatever the client makes up.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

fn measure(site: &Site, arrival: &Arrival, status: StatusCode) {
    let labels = [
        ("service", site.service.to_string()),
        ("method", arrival.method.to_string()),
        ("route", arrival.route.clone()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(arrival.at.elapsed());
}

/// The headers that every answer has, unless its route knows better (ASVS 5.0, V3.4 and V14.3).
fn secure(headers: &mut HeaderMap, over_tls: bool) {
    const HEADERS: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ];
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if over_tls {
        let a_year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
}

/// An answer's body that counts as in flight, and holds what was not read of its request, until it has been sent.
pub(super) struct Framed {
    body: BoxBody,
    _held: Held,
    _unread: Option<Unread>,
}

impl MessageBody for Framed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

/// How long a client may take to send its request's head.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_secs(5);
