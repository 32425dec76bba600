use std::borrow::Cow;

use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    events::Envelope,
    ids::{EventId, UserId},
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
                Ok(Self::new(event, action.into(), resource.into(), Value::Object(Map::new()), Origin::default()))
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
            details,
            origin,
            correlation_id: event.correlation_id.clone(),
            service: event.source.clone().into_owned(),
            service_sequence: event.sequence,
        }
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
