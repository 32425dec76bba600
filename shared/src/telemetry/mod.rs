//! Logs, traces, metrics, and the id that ties a request to all that follows from it.

mod json;
mod measure;
mod metrics;
mod process;
#[cfg(test)]
mod tests;
mod text;
mod trace;

use std::future::Future;
use std::io::IsTerminal;

use anyhow::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata};
use tracing_log::{AsLog, LogTracer};
use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter};
use tracing_subscriber::layer::{Layer, SubscriberExt};

use crate::config::{LogFormat, TelemetryConfig};

pub use measure::{Measure, Unit};
pub use metrics::{METRICS_TYPE, metrics, upkeep};
pub use trace::{continue_trace, traceparent};

tokio::task_local! {
    static CORRELATION: String;
}

/// Runs a future under a correlation id: the request's, or the one that an event brought.
pub async fn correlated<F: Future>(id: impl Into<String>, future: F) -> F::Output {
    CORRELATION.scope(id.into(), future).await
}

/// The correlation id of what runs now.
pub fn current_correlation() -> Option<String> {
    CORRELATION.try_with(Clone::clone).ok()
}

/// Ends telemetry when dropped, having sent what traces are still held. To be kept until the end of `main`.
#[must_use = "telemetry ends when this is dropped"]
#[derive(Debug, Default)]
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(traces) = self.0.take() {
            // A collector that is away is not to hold the process back.
            let _ = traces.shutdown_with_timeout(std::time::Duration::from_secs(2));
        }
    }
}

/// Begins logging and tracing for this process, and counting for its metrics. A second call – tests begin as often as
/// they like – changes nothing.
///
/// # Errors
/// When the exporter of traces cannot be made.
pub fn init(config: &TelemetryConfig) -> anyhow::Result<Guard> {
    let traces = trace::provider(config).context("OTEL_EXPORTER_OTLP_ENDPOINT cannot be used")?;
    let terminal = std::io::stderr().is_terminal();
    let for_people = match config.log_format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    let filter = EnvFilter::builder().parse(&config.log_level).context("LOG_LEVEL cannot be used")?;
    let loudest = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let logs = if for_people {
        logs.fmt_fields(text::TextFields)
            .event_format(text::TextEvents { colours: terminal })
            .with_filter(filter)
            .boxed()
    } else {
        let events = json::JsonEvents { service: config.service };
        logs.fmt_fields(json::JsonFields).event_format(events).with_filter(filter).boxed()
    };
    // Where in the code a span began, on which thread, how long it was busy: nobody asks, and an open stream holds it for hours.
    let spans = tracing_opentelemetry::layer()
        .with_target(false)
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_tracer(traces.tracer("helpdesk"))
        .with_filter(for_traces());
    if tracing::subscriber::set_global_default(tracing_subscriber::registry().with(logs).with(spans)).is_err()
    {
        return Ok(Guard::default());
    }
    hear_log(loudest);
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    metrics::handle();
    Ok(Guard(Some(traces)))
}

/// Spans are made whatever LOG_LEVEL says: a trace that came in goes on even where nobody logs. Told that it wants no more than
/// that, `log` does not ask it about all the rest.
fn for_traces() -> FilterFn {
    fn wanted(about: &Metadata<'_>) -> bool {
        *about.level() <= if about.is_span() { Level::INFO } else { Level::WARN }
    }
    FilterFn::new(wanted as fn(&Metadata<'_>) -> bool).with_max_level_hint(Level::INFO)
}

/// Takes what is written to the `log` crate. When somebody asks there whether a record is wanted and it is not, the layers' filters
/// remember that for what the thread says next, and a warning is lost. sqlx asks before each statement, and logs with `tracing`.
fn hear_log(loudest: LevelFilter) {
    let bridge = LogTracer::builder().ignore_crate("sqlx").with_max_level(loudest.as_log());
    // Somebody else's process may have another logger.
    let _ = bridge.init();
}
