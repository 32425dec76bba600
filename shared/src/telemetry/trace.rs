//! W3C trace context, in and out, and the export of spans.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::config::TelemetryConfig;

/// Where spans go. Without an endpoint nowhere, but ids are still made and passed on: the callers' traces stay whole.
pub(super) fn provider(config: &TelemetryConfig) -> anyhow::Result<SdkTracerProvider> {
    let resource = Resource::builder().with_service_name(config.service).build();
    let provider = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &config.otlp_endpoint else {
        return Ok(provider.with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).build());
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()?;
    Ok(provider
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_batch_exporter(exporter)
        .build())
}

/// The `traceparent` of the current span, to be passed on over HTTP or NATS.
pub fn traceparent() -> Option<String> {
    let span = current()?;
    Some(format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
}

/// The ids of the innermost entered span that is traced. Unlike `tracing`'s own current span this is there, too, while
/// a log line is being written.
pub(super) fn current() -> Option<SpanContext> {
    opentelemetry::Context::map_current(|context| Some(context.span().span_context().clone()))
        .filter(SpanContext::is_valid)
}

/// Makes a span, before it is first entered, the child of the one that a `traceparent` names. Without one, or with one
/// that is not well-formed, it stays as it is.
pub fn continue_trace(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else { return };
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    if context.span().span_context().is_valid() {
        // Fails on a span that nobody traces, or that has begun: the trace then simply starts here.
        let _ = span.set_parent(context);
    }
}
