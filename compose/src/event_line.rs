//! An event as one line for people.

use audit::domain::{AuditEntry, FeedItem};
use clap::builder::styling::{AnsiColor, Style};
use serde_json::{Map, Value};
use shared::text::encoded;

/// A single detail is cut behind so many characters, and all of them together behind so many more.
const LONGEST_DETAIL: usize = 40;
const LONGEST_DETAILS: usize = 160;

const DIM: Style = Style::new().dimmed();
const PLAIN: Style = Style::new().bold();
const ALARMING: Style = AnsiColor::Red.on_default().bold();

/// Time, number, type, who, what it happened to, the details that matter, the request that it began with. Coloured; nothing
/// that a client sent can begin a line or steer a terminal.
#[must_use]
pub fn event_line(item: &FeedItem) -> String {
    let event = &item.event;
    let entry = AuditEntry::of(event).ok();
    let who = event.user_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let kind = encoded(&event.event_type);
    let resource = kind.split('.').next().unwrap_or_default();
    let aggregate = match event.aggregate_id {
        id if id.is_nil() => resource.to_owned(),
        id => format!("{resource} {id}"),
    };
    let style = if is_alarming(&kind) { ALARMING } else { PLAIN };
    let mut line = format!(
        "{DIM}{}{DIM:#} {:>6} {style}{kind:<22}{style:#} {who:<36} {aggregate:<43}",
        event.timestamp.format("%Y-%m-%dT%H:%M:%S%.3fZ"),
        item.sequence,
    );
    let details = entry.as_ref().map(details).unwrap_or_default();
    if !details.is_empty() {
        line.push_str(&format!(" {details}"));
    }
    if let Some(correlation) = &event.correlation_id {
        line.push_str(&format!(" {DIM}[{}]{DIM:#}", encoded(correlation)));
    }
    line.truncate(line.trim_end().len());
    line
}

/// What an operator wants to see first among many lines.
fn is_alarming(kind: &str) -> bool {
    let marks = ["security.", "sla.", "failed", "breached", "infected", "locked"];
    marks.iter().any(|mark| kind.contains(mark))
}

fn details(entry: &AuditEntry) -> String {
    let nothing = Map::new();
    let known = entry.details().as_object().unwrap_or(&nothing);
    let mut told: Vec<String> = known
        .iter()
        .filter(|(_, value)| !is_nothing(value))
        .map(|(name, value)| detail(name, value))
        .collect();
    if let Some(ip) = &entry.origin().ip {
        told.push(format!("ip={}", encoded(ip)));
    }
    cut(&told.join(" "), LONGEST_DETAILS)
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn detail(name: &str, value: &Value) -> String {
    let changes = value.as_array().filter(|_| name == "changes");
    let text = match changes {
        Some(changes) => changes.iter().map(change).collect::<Vec<_>>().join(", "),
        None => shown(value),
    };
    format!("{}={text}", encoded(name))
}

/// `priority: LOW → HIGH`
fn change(change: &Value) -> String {
    let of = |name: &str| change.get(name).filter(|value| !value.is_null()).map_or("-".to_owned(), shown);
    format!("{}: {} → {}", of("field"), of("old"), of("new"))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() || text.contains(char::is_whitespace) => {
            format!("“{}”", cut(&encoded(text), LONGEST_DETAIL))
        }
        Value::String(text) => cut(&encoded(text), LONGEST_DETAIL),
        other => cut(&encoded(&other.to_string()), LONGEST_DETAIL),
    }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(event_type: &str, data: &Value, correlation: &str) -> String {
        let event = json!({
            "eventId": "01999b1e-0000-7000-8000-000000000001", "eventType": event_type, "schemaVersion": 1,
            "source": "tickets", "timestamp": "2026-03-01T08:00:00.123456Z",
            "userId": "01999b1e-0000-7000-8000-000000000002", "aggregateId": "01999b1e-0000-7000-8000-000000000003",
            "aggregateVersion": 1, "sequence": 7, "correlationId": correlation, "causationId": null, "data": data,
        });
        let event: shared::events::Envelope = serde_json::from_value(event).unwrap();
        let line = event_line(&FeedItem { sequence: 42, received_at: event.timestamp, event });
        let mut plain = line;
        for style in [DIM, PLAIN, ALARMING] {
            plain =
                plain.replace(&style.render().to_string(), "").replace(&style.render_reset().to_string(), "");
        }
        plain
    }

    #[test]
    fn an_event_is_one_line_with_what_matters() {
        let data = json!({
            "ticketId": "01999b1e-0000-7000-8000-000000000003", "ticketNumber": "HD-000042", "title": "The printer burns",
            "priority": "HIGH", "category": "hardware", "userId": "01999b1e-0000-7000-8000-000000000002",
            "dueDate": "2026-03-02T08:00:00Z",
        });
        let line = line("ticket.created", &data, "req-1");
        let begins = "2026-03-01T08:00:00.123Z     42 ticket.created         01999b1e-0000-7000-8000-000000000002 \
                      ticket 01999b1e-0000-7000-8000-000000000003 ";
        assert!(line.starts_with(begins), "{line}");
        for detail in ["ticketNumber=HD-000042", "title=“The printer burns”", "priority=HIGH", "[req-1]"]
        {
            assert!(line.contains(detail), "{detail} is missing in {line}");
        }
    }

    #[test]
    fn nothing_in_an_event_steers_the_terminal_or_begins_a_line() {
        let hostile = "a\u{1b}[2J\r\nb\u{202e}";
        let data = json!({
            "ticketId": "01999b1e-0000-7000-8000-000000000003", "ticketNumber": "HD-000042", "title": hostile,
            "priority": "HIGH", "category": "hardware", "userId": "01999b1e-0000-7000-8000-000000000002",
            "dueDate": "2026-03-02T08:00:00Z",
        });
        for line in [line("ticket.created", &data, hostile), line(hostile, &json!({}), hostile)] {
            assert!(!line.contains(['\u{1b}', '\r', '\n', '\u{202e}']), "{line:?}");
            assert!(line.contains(r"a\u{1b}[2J\r\nb\u{202e}"), "{line}");
        }
    }

    #[test]
    fn changes_are_shown_as_from_what_to_what_and_long_texts_are_cut() {
        let changes = json!([{ "field": "priority", "old": "LOW", "new": "HIGH" }, { "field": "x", "old": null, "new": "y" }]);
        assert_eq!(detail("changes", &changes), "changes=priority: LOW → HIGH, x: - → y");
        assert_eq!(detail("title", &json!("é".repeat(50))), format!("title={}…", "é".repeat(LONGEST_DETAIL)));
    }
}
