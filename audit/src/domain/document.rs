use serde_json::Value;

use super::{AuditEntry, Facts, WITHHELD, Withheld, search::terms};

/// So many words of an event are searched; what is beyond is in the line, and not looked at.
const MOST_WORDS: usize = 400;

/// The words that an event is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What was done, and to what kind of thing.
    pub head: Vec<String>,
    /// The details.
    pub body: Vec<String>,
    /// The personal details: they go when the person is erased.
    pub personal: Vec<String>,
}

impl Document {
    /// Reads them. An event that this build cannot read, or does not know, is found by what was done alone.
    #[must_use]
    pub fn of(facts: &Facts, parts: &Withheld) -> Self {
        let mut head = Vec::new();
        add(&mut head, &facts.action);
        let mut body = Vec::new();
        if let Ok(entry) = AuditEntry::of(&parts.kept) {
            add_leaves(&mut body, entry.details());
            let origin = entry.origin();
            [&origin.ip, &origin.user_agent].into_iter().flatten().for_each(|text| add(&mut body, text));
        }
        let mut personal = Vec::new();
        parts.personal.values().for_each(|value| add_leaves(&mut personal, value));
        Self { head, body, personal }
    }
}

fn add_leaves(words: &mut Vec<String>, value: &Value) {
    match value {
        Value::String(text) => add(words, text),
        Value::Array(values) => values.iter().for_each(|value| add_leaves(words, value)),
        Value::Object(fields) => fields.values().for_each(|value| add_leaves(words, value)),
        _ => {}
    }
}

fn add(words: &mut Vec<String>, text: &str) {
    // An id is looked for as a whole, by what has it; nobody remembers a part of one.
    if text != WITHHELD && uuid::Uuid::try_parse(text).is_err() {
        words.extend(terms(text).take(MOST_WORDS.saturating_sub(words.len())));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parts(kept: &Value, personal: &Value) -> Withheld {
        let event = json!({
            "eventId": "01999b1e-0000-7000-8000-000000000001", "eventType": "ticket.created", "schemaVersion": 1,
            "source": "tickets", "timestamp": "2026-03-01T08:00:00Z", "userId": null,
            "aggregateId": "01999b1e-0000-7000-8000-000000000003", "aggregateVersion": 1, "sequence": 7,
            "correlationId": null, "causationId": null, "data": kept,
        });
        Withheld {
            kept: serde_json::from_value(event).unwrap(),
            personal: serde_json::from_value(personal.clone()).unwrap(),
        }
    }

    fn document(parts: &Withheld) -> Document {
        Document::of(&Facts::of(&parts.kept), parts)
    }

    #[test]
    fn an_event_is_found_by_what_was_done_by_its_details_and_apart_from_those_by_the_personal_ones() {
        let data = json!({
            "ticketId": "01999b1e-0000-7000-8000-000000000003", "ticketNumber": "HD-000042", "title": WITHHELD,
            "priority": "HIGH", "category": "Réseau", "userId": "01999b1e-0000-7000-8000-000000000009",
            "dueDate": "2026-03-01T08:00:00Z",
        });
        let found = document(&parts(&data, &json!({ "/title": "Imprimante en feu" })));
        assert_eq!(found.head, ["ticket", "created"]);
        let mut body = found.body;
        body.sort();
        assert_eq!(body, ["000042", "hd", "high", "reseau"]);
        assert_eq!(found.personal, ["imprimante", "en", "feu"]);
    }

    #[test]
    fn what_cannot_be_read_is_found_by_what_was_done_and_long_texts_end() {
        assert_eq!(document(&parts(&json!({ "x": "word" }), &json!({}))).body, [""; 0]);
        let found = document(&parts(&json!({}), &json!({ "/a": "word ".repeat(9000) })));
        assert_eq!(found.personal.len(), MOST_WORDS);
    }
}
