use std::borrow::Cow;

use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    events::Envelope,
    ids::{AuditLogId, EventId, UserId},
};
use uuid::Uuid;

use super::handlers;

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

/// One line of the audit log. It is only made from an event ([`AuditEntry::of`]), so there is no line without one.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    event_id: EventId,
    timestamp: Timestamp,
    user_id: Option<UserId>,
    action: Cow<'static, str>,
    resource_type: Cow<'static, str>,
    resource_id: Option<Uuid>,
    details: Value,
    origin: Origin,
    correlation_id: Option<String>,
    service: String,
    service_sequence: i64,
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

impl AuditEntry {
    /// Reads an event with the handler of its type.
    ///
    /// An event type that this build does not know (a service was updated before audit was) still makes a line, from
    /// the envelope alone and without details: no change goes unrecorded, and the raw event keeps the rest.
    ///
    /// # Errors
    /// When the data does not have the shape of the type.
    pub fn of(event: &Envelope) -> Result<Self, Unreadable> {
        match handlers::find(&event.event_type) {
            Some(handler) => {
                let reading = handler.read(event).map_err(|fault| Unreadable {
                    event_type: event.event_type.clone(),
                    version: event.schema_version,
                    fault,
                })?;
                let action = Cow::Borrowed(handler.action);
                let resource = Cow::Borrowed(handler.resource.name());
                Ok(Self::new(event, action, resource, reading.details, reading.origin))
            }
            None => {
                let action = event.event_type.replace('.', "_").to_ascii_uppercase();
                let resource = event.event_type.split('.').next().unwrap_or_default().to_owned();
                Ok(Self::new(
                    event,
                    action.into(),
                    resource.into(),
                    Value::Object(Map::new()),
                    Origin::default(),
                ))
            }
        }
    }

    fn new(
        event: &Envelope,
        action: Cow<'static, str>,
        resource_type: Cow<'static, str>,
        details: Value,
        origin: Origin,
    ) -> Self {
        Self {
            event_id: event.event_id,
            timestamp: event.timestamp,
            user_id: event.user_id,
            action,
            resource_type,
            // The nil aggregate stands for "nobody's": a login for an address that no account has.
            resource_id: Some(event.aggregate_id).filter(|id| !id.is_nil()),
            details: printable(details),
            origin: Origin {
                ip: origin.ip.filter(|ip| ip.parse::<std::net::IpAddr>().is_ok()),
                user_agent: origin.user_agent.map(without_nul),
            },
            correlation_id: event.correlation_id.clone().map(without_nul),
            service: event.source.clone().into_owned(),
            service_sequence: event.sequence,
        }
    }

    /// The line's id is its event's: a log that is built anew from the events keeps its ids.
    #[must_use]
    pub fn id(&self) -> AuditLogId {
        Uuid::from(self.event_id).into()
    }

    /// The event that it tells of.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.event_id
    }

    /// When it happened.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Who did it; nobody when it was the system, or a stranger.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        self.user_id
    }

    /// What was done, as in `TICKET_CREATED`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// What kind of thing it was done to, as in `ticket`.
    #[must_use]
    pub fn resource_type(&self) -> &str {
        &self.resource_type
    }

    /// Which one.
    #[must_use]
    pub fn resource_id(&self) -> Option<Uuid> {
        self.resource_id
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
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The service that told of it.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The number that service gave it, without gaps; 0 when it came from nowhere with such numbers.
    #[must_use]
    pub fn service_sequence(&self) -> i64 {
        self.service_sequence
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
            (entry.action(), entry.resource_type(), entry.resource_id()),
            ("USER_LOGIN_FAILED", "user", None)
        );
        assert_eq!(entry.details(), &json!({ "emailHash": "ab", "reason": "bad_credentials" }));
        assert_eq!(entry.origin().ip.as_deref(), Some("2001:db8::1"));
        assert_eq!(entry.origin().user_agent.as_deref(), Some("curl\u{fffd}/8"));
        assert_eq!((entry.service(), entry.service_sequence()), ("auth", 7));
    }

    #[test]
    fn an_event_type_of_a_newer_service_still_makes_a_line() {
        let entry = AuditEntry::of(&envelope("invoice.sent", &json!({ "secret": 1 }))).unwrap();
        assert_eq!((entry.action(), entry.resource_type()), ("INVOICE_SENT", "invoice"));
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
