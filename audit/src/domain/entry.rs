use serde_json::{Map, Value, value::to_raw_value};
use shared::{
    clock::Timestamp,
    events::{Envelope, Event, UserDeleted},
    ids::{AuditLogId, EventId, UserId},
};
use uuid::Uuid;

use super::{
    Link, Withheld,
    handlers::{self, Reading},
    personal::withhold,
};

/// Where the request behind an event came from, as far as the event says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address.
    pub ip: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

/// PostgreSQL holds no NUL in a text. Nothing that we let in has one, and if it did, the log is not to stop there.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn printable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_nul(text)),
        Value::Array(values) => Value::Array(values.into_iter().map(printable).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, printable(value))).collect())
        }
        other => other,
    }
}

/// What an event says when it is read for the audit log. It is only made from an event ([`AuditEntry::of`]), so there is no
/// line without one.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    event: Envelope,
    facts: Facts,
    details: Value,
    origin: Origin,
    person: Option<UserId>,
    personal: &'static [&'static str],
}

/// What the envelope alone says of an event, and what a line of the log is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The event that it tells of.
    pub event_id: EventId,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What was done, as in `TICKET_CREATED`.
    pub action: String,
    /// What kind of thing it was done to, as in `ticket`.
    pub resource_type: String,
    /// Which one.
    pub resource_id: Option<Uuid>,
    /// Who did it; nobody when it was the system, or a stranger.
    pub user_id: Option<UserId>,
}

/// An alert is a thing of its own, whatever it warns of; any other event is named after the thing it happened to.
fn resource_type(event_type: &str) -> &str {
    match event_type.split_once('.') {
        Some((_, "alert")) => "alert",
        Some((thing, _)) => thing,
        None => event_type,
    }
}

impl Facts {
    /// Reads them. They are what they are whichever build reads them, or the trail would seem to have been changed.
    #[must_use]
    pub fn of(event: &Envelope) -> Self {
        let kind = without_nul(event.event_type.clone());
        Self {
            event_id: event.event_id,
            timestamp: event.timestamp,
            action: kind.replace('.', "_").to_ascii_uppercase(),
            resource_type: resource_type(&kind).to_owned(),
            // The nil aggregate stands for "nobody's": a login for an address that no account has.
            resource_id: Some(event.aggregate_id).filter(|id| !id.is_nil()),
            user_id: event.user_id,
        }
    }

    /// Whether they are what the row's envelope says.
    #[must_use]
    pub fn are_of(&self, link: &Link) -> bool {
        serde_json::from_str(&link.envelope).is_ok_and(|event| Self::of(&event) == *self)
    }
}

/// An event whose data does not have the shape of its type. It stays unreadable however often it comes.
#[derive(Debug, thiserror::Error)]
#[error("the data of {event_type} (version {version}) cannot be read: {fault}")]
pub struct Unreadable {
    /// The wire name.
    pub event_type: String,
    /// The version that it claims.
    pub version: u16,
    /// Where reading stopped.
    #[source]
    pub fault: serde_json::Error,
}

impl Unreadable {
    pub(super) fn of(event: &Envelope, fault: serde_json::Error) -> Self {
        Self { event_type: event.event_type.clone(), version: event.schema_version, fault }
    }
}

impl AuditEntry {
    /// Reads an event with the handler of its type.
    ///
    /// An event type that this build does not know (a service was updated before audit was) still makes a line, from
    /// the envelope alone and without details: no change goes unrecorded, and the trail keeps the rest.
    ///
    /// # Errors
    /// When the data does not have the shape of the type.
    pub fn of(event: &Envelope) -> Result<Self, Unreadable> {
        let facts = Facts::of(event);
        let reading = match handlers::find(&event.event_type) {
            Some(handler) => handler.read(event).map_err(|fault| Unreadable::of(event, fault))?,
            None => Reading {
                details: Value::Object(Map::new()),
                origin: Origin::default(),
                person: None,
                personal: &[],
            },
        };
        Ok(Self {
            event: event.clone(),
            facts,
            details: printable(reading.details),
            origin: Origin {
                ip: reading.origin.ip.filter(|ip| ip.parse::<std::net::IpAddr>().is_ok()),
                user_agent: reading.origin.user_agent.map(without_nul),
            },
            person: reading.person,
            personal: reading.personal,
        })
    }

    /// The line's id is its event's: a log that is read anew from the events keeps its ids.
    #[must_use]
    pub fn id(&self) -> AuditLogId {
        Uuid::from(self.facts.event_id).into()
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Envelope {
        &self.event
    }

    /// What the envelope alone says.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whom it is about, where it is about a person.
    #[must_use]
    pub fn person(&self) -> Option<UserId> {
        self.person
    }

    /// The fields that matter for this kind of event: always a JSON object.
    #[must_use]
    pub fn details(&self) -> &Value {
        &self.details
    }

    /// Where the request behind it came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The request that it began with.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        self.event.correlation_id.clone().map(without_nul)
    }

    /// Whom the event erases.
    #[must_use]
    pub fn erased(&self) -> Option<UserId> {
        self.person.filter(|_| self.event.event_type == UserDeleted::TYPE)
    }

    /// The event in two. An event that is about nobody has no personal details.
    pub(super) fn parts(&self) -> Result<Withheld, serde_json::Error> {
        let mut parts = Withheld { kept: self.event.clone(), personal: Map::new() };
        if self.person.is_some() && !self.personal.is_empty() {
            let mut data = serde_json::from_str(self.event.data.get())?;
            parts.personal = withhold(&mut data, self.personal);
            if !parts.personal.is_empty() {
                parts.kept.data = to_raw_value(&data)?;
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn envelope(event_type: &str, data: &Value) -> Envelope {
        let envelope = json!({
            "eventId": "01999b1e-0000-7000-8000-000000000001",
            "eventType": event_type,
            "schemaVersion": 1,
            "source": "auth",
            "timestamp": "2026-03-01T08:00:00Z",
            "userId": null,
            "aggregateId": "00000000-0000-0000-0000-000000000000",
            "aggregateVersion": 0,
            "sequence": 7,
            "correlationId": "a-request",
            "causationId": null,
            "data": data,
        });
        serde_json::from_value(envelope).unwrap()
    }

    #[test]
    fn a_login_that_failed_keeps_where_it_came_from_and_belongs_to_nobody() {
        let data = json!({
            "userId": null,
            "emailHash": "ab",
            "reason": "bad_credentials",
            "ip": "2001:db8::1",
            "userAgent": "curl\u{0}/8",
        });
        let entry = AuditEntry::of(&envelope("user.login_failed", &data)).unwrap();
        assert_eq!(
            (entry.facts().action.as_str(), entry.facts().resource_type.as_str(), entry.facts().resource_id),
            ("USER_LOGIN_FAILED", "user", None)
        );
        assert_eq!(entry.details(), &json!({ "emailHash": "ab", "reason": "bad_credentials" }));
        assert_eq!(entry.origin().ip.as_deref(), Some("2001:db8::1"));
        assert_eq!(entry.origin().user_agent.as_deref(), Some("curl\u{fffd}/8"));
        assert_eq!(entry.person(), None);
    }

    #[test]
    fn an_event_type_of_a_newer_service_still_makes_a_line() {
        let entry = AuditEntry::of(&envelope("invoice.sent", &json!({ "secret": 1 }))).unwrap();
        assert_eq!(
            (entry.facts().action.as_str(), entry.facts().resource_type.as_str()),
            ("INVOICE_SENT", "invoice")
        );
        assert_eq!(entry.details(), &json!({}));
    }

    #[test]
    fn data_of_another_shape_is_unreadable() {
        let fault = AuditEntry::of(&envelope("ticket.created", &json!({ "ticketId": 5 }))).unwrap_err();
        assert!(
            fault.to_string().starts_with("the data of ticket.created (version 1) cannot be read: "),
            "{fault}"
        );
    }
}
