//! Log lines for machines: one JSON object each, the ids of the request and of the trace among them.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::{current_correlation, trace};

/// Writes fields as the members of a JSON object, for spans.
pub(super) struct JsonFields;

/// Writes events, each as one JSON object on one line.
pub(super) struct JsonEvents {
    pub(super) service: &'static str,
}

/// Members in the order in which they came.
#[derive(Default)]
struct Members(Vec<(&'static str, Value)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Members {
    fn put(&mut self, field: &Field, value: Value) {
        // Fields that the `log` crate's bridge adds; the event's own metadata says the same.
        if !field.name().starts_with("log.") {
            self.0.push((field.name(), value));
        }
    }
}

impl Visit for Members {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut members = Members::default();
        fields.record(&mut members);
        writer.write_str(&serde_json::to_string(&members).map_err(|_| fmt::Error)?)
    }

    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        let mut all: serde_json::Map<String, Value> =
            serde_json::from_str(&current.fields).unwrap_or_default();
        let mut more = Members::default();
        fields.record(&mut more);
        all.extend(more.0.into_iter().map(|(name, value)| (name.to_owned(), value)));
        current.fields = serde_json::to_string(&all).map_err(|_| fmt::Error)?;
        Ok(())
    }
}

impl<S> FormatEvent<S, JsonFields> for JsonEvents
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        #[allow(clippy::disallowed_methods, reason = "the moment of a log line decides nothing")]
        let now = crate::clock::rfc3339(chrono::Utc::now());
        let mut line = Members(vec![
            ("timestamp", now.into()),
            ("level", event.metadata().level().as_str().into()),
            ("service", self.service.into()),
            ("target", event.metadata().target().into()),
        ]);
        if let Some(id) = current_correlation() {
            line.0.push(("correlationId", id.into()));
        }
        if let Some(span) = trace::current() {
            line.0.push(("traceId", span.trace_id().to_string().into()));
            line.0.push(("spanId", span.span_id().to_string().into()));
        }
        let spans = context.event_scope().into_iter().flat_map(|scope| scope.from_root()).map(|span| {
            let fields = span.extensions().get::<FormattedFields<JsonFields>>().map(|of| of.fields.clone());
            let mut members: serde_json::Map<String, Value> =
                fields.and_then(|fields| serde_json::from_str(&fields).ok()).unwrap_or_default();
            members.insert("name".to_owned(), span.name().into());
            Value::Object(members)
        });
        let spans: Vec<Value> = spans.collect();
        if !spans.is_empty() {
            line.0.push(("spans", spans.into()));
        }
        let fixed = line.0.len();
        event.record(&mut line);
        // A field named like one of ours must not stand twice. Only `service` may be told better than we know it.
        for (name, value) in line.0.split_off(fixed) {
            match line.0.iter_mut().find(|(taken, _)| *taken == name) {
                Some((_, known)) if name == "service" => *known = value,
                Some(_) => {}
                None => line.0.push((name, value)),
            }
        }
        writeln!(writer, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?)
    }
}
