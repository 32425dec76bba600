//! The span around each request, and its line in the log.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage, web};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

use super::address::ClientAddress;
use super::code::Code;
use super::error::ApiError;
use super::request_id::RequestId;
use super::site::Site;
use crate::telemetry;

/// What the frame noted before the span was made.
#[derive(Clone)]
pub(super) struct Arrival {
    pub at: Instant,
    /// The method as it came; HEAD is served as GET.
    pub method: &'static str,
    /// The pattern of the route, as in `/tickets/{id}`: paths hold ids, and labels must be few.
    pub route: String,
}

impl Arrival {
    /// What machines ask every few seconds is not worth a line each.
    fn is_routine(&self) -> bool {
        matches!(self.route.as_str(), "/health" | "/ready" | "/metrics")
    }
}

/// An error on its way out, left in the answer for the log.
pub(super) struct Failure {
    pub code: Code,
    pub cause: Option<String>,
}

/// Makes the span and writes the line.
pub(super) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let service = request.app_data::<web::Data<Site>>().map_or("", |site| site.service);
        let extensions = request.extensions();
        let (Some(arrival), Some(id)) = (extensions.get::<Arrival>(), extensions.get::<RequestId>()) else {
            return Span::none();
        };
        let address = extensions.get::<ClientAddress>().map(|address| tracing::field::display(address.ip));
        let span = tracing::info_span!(
            "request",
            otel.name = format!("{} {}", arrival.method, arrival.route),
            otel.kind = "server",
            otel.status_code = Empty,
            service,
            method = arrival.method,
            route = arrival.route,
            request_id = id.0,
            client = address,
            user = Empty,
        );
        // The caller's trace goes on in ours.
        telemetry::continue_trace(
            &span,
            request.headers().get("traceparent").and_then(|value| value.to_str().ok()),
        );
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let response = match outcome {
            Ok(response) => response,
            // Only a panic leaves no request to answer; the connection answers for it.
            Err(error) => {
                span.record("otel.status_code", "ERROR");
                let cause = error.as_error::<ApiError>().and_then(ApiError::cause);
                tracing::error!(status = 500, code = Code::Internal.as_str(), cause, "answered");
                return;
            }
        };
        let status = response.status().as_u16();
        span.record("otel.status_code", if status < 500 { "OK" } else { "ERROR" });
        let extensions = response.request().extensions();
        let Some(arrival) = extensions.get::<Arrival>() else { return };
        let took_ms = arrival.at.elapsed().as_secs_f64() * 1000.0;
        let took_ms = (took_ms * 1000.0).round() / 1000.0;
        let answered = response.response().extensions();
        let failure = answered.get::<Failure>();
        let code = failure.map(|failure| failure.code.as_str());
        let cause = failure.and_then(|failure| failure.cause.as_deref());
        match status {
            // The one place where the cause of an internal error is written down.
            500 => tracing::error!(status, code, cause, took_ms, "answered"),
            501.. => tracing::warn!(status, code, cause, took_ms, "answered"),
            _ if arrival.is_routine() => tracing::debug!(status, code, cause, took_ms, "answered"),
            _ => tracing::info!(status, code, cause, took_ms, "answered"),
        }
    }
}
