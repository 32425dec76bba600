//! Log lines for people: `12:03:44.123  INFO tickets: opened number=HD-000042  [01k…]`.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::current_correlation;
use crate::text::encoded;

/// Writes fields as `name=value`, control characters encoded: what a client sends can neither begin a line of its own
/// nor steer the terminal.
pub(super) struct TextFields;

/// Writes events, each on one line.
pub(super) struct TextEvents {
    pub(super) colours: bool,
}

impl<'w> FormatFields<'w> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut line = Line { writer, first: true, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'w> {
    writer: Writer<'w>,
    first: bool,
    result: fmt::Result,
}

impl Line<'_> {
    fn put(&mut self, field: &Field, text: &str) {
        // Fields that the `log` crate's bridge adds; the event's own metadata says the same.
        if self.result.is_err() || field.name().starts_with("log.") {
            return;
        }
        let gap = if std::mem::take(&mut self.first) { "" } else { " " };
        let name = if field.name() == "message" { String::new() } else { format!("{}=", field.name()) };
        self.result = write!(self.writer, "{gap}{name}{}", encoded(text));
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" || !value.contains(' ') {
            self.put(field, value);
        } else {
            self.put(field, &format!("“{value}”"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, &format!("{value:?}"));
    }
}

impl<S, N> FormatEvent<S, N> for TextEvents
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (dim, colour, plain) = match (self.colours, *event.metadata().level()) {
            (false, _) => ("", "", ""),
            (true, Level::ERROR) => ("\x1b[2m", "\x1b[31m", "\x1b[0m"),
            (true, Level::WARN) => ("\x1b[2m", "\x1b[33m", "\x1b[0m"),
            (true, Level::INFO) => ("\x1b[2m", "\x1b[32m", "\x1b[0m"),
            (true, _) => ("\x1b[2m", "\x1b[34m", "\x1b[0m"),
        };
        #[allow(clippy::disallowed_methods, reason = "the moment of a log line decides nothing")]
        let now = chrono::Utc::now().format("%H:%M:%S%.3f");
        let mut parts = event.metadata().target().split("::");
        let crate_name = parts.next().unwrap_or_default();
        // Nearly every line of ours comes from there; which part of it says more.
        let part = if crate_name == "shared" { parts.next().unwrap_or(crate_name) } else { crate_name };
        write!(
            writer,
            "{dim}{now}{plain} {colour}{:>5}{plain} {dim}{part}:{plain} ",
            event.metadata().level()
        )?;
        context.format_fields(writer.by_ref(), event)?;
        if let Some(id) = current_correlation() {
            write!(writer, "  {dim}[{}]{plain}", encoded(&id))?;
        }
        writeln!(writer)
    }
}
