use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Event;
use crate::{
    clock::Timestamp,
    ids::{EventId, UserId},
};

/// What every event carries around its data; the JSON form is what travels over NATS and lies in the outbox.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Unique; the inbox and `Nats-Msg-Id` go by it.
    pub event_id: EventId,
    /// The wire name, as in `ticket.created`.
    pub event_type: String,
    /// The version of the shape of `data`.
    pub schema_version: u16,
    /// The service that emitted it.
    pub source: Cow<'static, str>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who did it; null for the system itself and for strangers.
    pub user_id: Option<UserId>,
    /// The thing it happened to.
    pub aggregate_id: Uuid,
    /// The version of that thing after it happened; order per aggregate goes by it.
    pub aggregate_version: i64,
    /// The source's gap-free number, given by its relay; 0 until then.
    #[serde(default)]
    pub sequence: i64,
    /// The request that all of this began with.
    pub correlation_id: Option<String>,
    /// The event that this one answers.
    pub causation_id: Option<EventId>,
    /// The event itself.
    #[schemars(with = "serde_json::Value")]
    pub data: Box<RawValue>,
}

impl Envelope {
    /// The typed event.
    ///
    /// # Errors
    /// When `data` does not have the shape of `E`: the message is poison for this consumer.
    pub fn data<E: Event>(&self) -> Result<E, serde_json::Error> {
        serde_json::from_str(self.data.get())
    }

    /// `ticket.created.<aggregate id>`: the subject without the namespace in front.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}.{}", self.event_type, self.aggregate_id)
    }
}

/// An event that has happened in the domain and waits to be written to the outbox.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub(crate) event_id: EventId,
    pub(crate) event_type: &'static str,
    pub(crate) schema_version: u16,
    pub(crate) timestamp: Timestamp,
    pub(crate) user_id: Option<UserId>,
    pub(crate) aggregate_id: Uuid,
    pub(crate) aggregate_version: i64,
    pub(crate) data: Box<RawValue>,
}

impl NewEvent {
    /// `aggregate_version` is the aggregate's version after the change; `by` is who did it.
    #[must_use]
    pub fn of<E: Event>(event: &E, aggregate_version: i64, by: Option<UserId>, now: Timestamp) -> Self {
        Self {
            event_id: EventId::at(now),
            event_type: E::TYPE,
            schema_version: E::VERSION,
            timestamp: now,
            user_id: by,
            aggregate_id: event.aggregate_id(),
            aggregate_version,
            data: serde_json::value::to_raw_value(event).expect("an event is plain data and serialises"),
        }
    }

    /// The wire name.
    #[must_use]
    pub fn event_type(&self) -> &'static str {
        self.event_type
    }

    /// The id that it will have on the wire.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.event_id
    }

    /// The event's data as JSON, for tests and snapshots.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.data.get()).expect("it was JSON when it was made")
    }

    pub(crate) fn into_envelope(
        self,
        source: &'static str,
        correlation_id: Option<String>,
        causation_id: Option<EventId>,
    ) -> Envelope {
        Envelope {
            event_id: self.event_id,
            event_type: self.event_type.to_owned(),
            schema_version: self.schema_version,
            source: Cow::Borrowed(source),
            timestamp: self.timestamp,
            user_id: self.user_id,
            aggregate_id: self.aggregate_id,
            aggregate_version: self.aggregate_version,
            sequence: 0,
            correlation_id,
            causation_id,
            data: self.data,
        }
    }
}
