use std::io::Write;
use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider;
use tracing_log::log;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn config() -> TelemetryConfig {
    TelemetryConfig {
        service: "tickets",
        log_level: "info".into(),
        log_format: LogFormat::Json,
        otlp_endpoint: None,
    }
}

#[test]
fn a_text_line_is_one_line_whatever_a_client_sends() {
    let lines = Lines::default();
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(lines.clone())
        .fmt_fields(text::TextFields)
        .event_format(text::TextEvents { colours: false });
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), || {
        let title = "a\r\n12:00:00 ERROR forged\x1b[2J";
        tracing::info!(title, shown = %title, count = 3, "opened {title}");
    });
    let text = lines.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains('\x1b') && !text.contains('\r'), "{text}");
    assert!(text.contains(r"opened a\r\n12:00:00 ERROR forged\u{1b}[2J"), "{text}");
    assert!(text.contains("count=3"), "{text}");
}

#[tokio::test]
async fn a_json_line_carries_the_ids_of_request_and_trace() {
    let lines = Lines::default();
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(lines.clone())
        .fmt_fields(json::JsonFields)
        .event_format(json::JsonEvents { service: "tickets" });
    let spans =
        tracing_opentelemetry::layer().with_tracer(trace::provider(&config()).unwrap().tracer("test"));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(logs).with(spans));

    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let span = tracing::info_span!("request", route = "/tickets", status = tracing::field::Empty);
    continue_trace(&span, Some(parent));
    span.record("status", 201);
    correlated("req-1", async {
        let _in = span.enter();
        let passed_on = traceparent().unwrap();
        assert!(passed_on.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && passed_on.ends_with("-01"));
        assert_ne!(passed_on, parent);
        tracing::warn!(number = "HD-1\n", level = "forged", "opened");
    })
    .await;

    let text = lines.text();
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["correlationId"], "req-1");
    assert_eq!(line["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["service"], "tickets");
    assert_eq!(line["message"], "opened");
    assert_eq!(line["number"], "HD-1\n");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["spans"][0], serde_json::json!({"name": "request", "route": "/tickets", "status": 201}));
}

#[tokio::test]
async fn a_trace_begins_here_when_none_came_or_a_bad_one() {
    let spans =
        tracing_opentelemetry::layer().with_tracer(trace::provider(&config()).unwrap().tracer("test"));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans));
    for bad in
        [None, Some(""), Some("00-zz-zz-01"), Some("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    {
        let span = tracing::info_span!("request");
        continue_trace(&span, bad);
        let _in = span.enter();
        assert_eq!(traceparent().unwrap().len(), 55);
    }
    assert_eq!(current_correlation(), None);
}

#[test]
fn metrics_are_rendered_with_their_buckets_and_a_second_start_is_harmless() {
    let _first = init(&config()).unwrap();
    let _second = init(&config()).unwrap();
    ::metrics::histogram!("http_request_duration_seconds", "route" => "/tickets").record(0.004);
    let text = metrics();
    assert!(
        text.contains("http_request_duration_seconds_bucket{route=\"/tickets\",le=\"0.005\"} 1"),
        "{text}"
    );
}

#[test]
fn a_warning_is_not_lost_because_sqlx_asked_whether_its_statement_is_wanted() {
    let (lines, traces) = (Lines::default(), trace::provider(&config()).unwrap());
    let filter = EnvFilter::new("info,sqlx=warn");
    hear_log(filter.max_level_hint().unwrap());
    let logs = tracing_subscriber::fmt::layer().with_writer(lines.clone()).with_filter(filter);
    let spans =
        tracing_opentelemetry::layer().with_tracer(traces.tracer("helpdesk")).with_filter(for_traces());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs).with(spans), || {
        assert!(!log::log_enabled!(target: "sqlx::postgres::notice", log::Level::Info));
        tracing::warn!("after that");
    });
    assert!(lines.text().contains("after that"), "{}", lines.text());
}
