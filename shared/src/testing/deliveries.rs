//! What others say in a world: events and commands, as their services would publish them.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::World;
use crate::{
    bus::{Lane, Outgoing},
    clock::Clock,
    events::{Command, Envelope, Event, NewCommand, NewEvent},
    ids::{EventId, UserId},
};

impl World {
    /// Gives an event to its consumers as its service would, and waits until they took it.
    pub async fn deliver<E: Event>(&self, event: &E, aggregate_version: i64, by: Option<UserId>) -> Envelope {
        let envelope = self.envelope(event, aggregate_version, by);
        self.deliver_again(&envelope).await;
        envelope
    }

    /// An event as its service would publish it now.
    pub fn envelope<E: Event>(&self, event: &E, aggregate_version: i64, by: Option<UserId>) -> Envelope {
        let source = match E::TYPE.split('.').next() {
            Some("ticket") => "tickets",
            Some("file") => "files",
            Some("notification") => "notifications",
            Some("security" | "sla" | "report") => "audit",
            _ => "auth",
        };
        let event = NewEvent::of(event, aggregate_version, by, self.clock().now());
        let mut envelope = event.into_envelope(source, Some("a-request".to_owned()), None);
        envelope.sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        envelope
    }

    /// Publishes an envelope as it is, whether it came before or not.
    pub async fn deliver_again(&self, envelope: &Envelope) {
        self.deliver_in_order(&[envelope]).await;
    }

    /// Publishes envelopes one behind the other, and waits until their consumers took them.
    pub async fn deliver_in_order(&self, envelopes: &[&Envelope]) {
        let outgoing = envelopes.iter().map(|it| outgoing(it.event_id, it.subject(), it));
        self.deliver_raw(Lane::Events, outgoing.collect()).await;
    }

    /// Gives a command as another service would, and waits until its consumer took it.
    pub async fn command<C: Command>(&self, command: &C) {
        let envelope = NewCommand::of(command, self.clock().now()).0;
        let outgoing = outgoing(envelope.command_id, envelope.subject(), &envelope);
        self.deliver_raw(Lane::Commands, vec![outgoing]).await;
    }

    async fn deliver_raw(&self, lane: Lane, outgoing: Vec<Outgoing>) {
        let bus = self.bus("world").await;
        bus.ready_to_publish().await;
        let wanted = outgoing.len();
        let (published, fault) = bus.publish(lane, outgoing).await;
        assert!(published.count == wanted && fault.is_none(), "not all could be delivered: {fault:?}");
        self.drain().await;
    }
}

fn outgoing(id: EventId, subject: String, envelope: &impl Serialize) -> Outgoing {
    let payload = serde_json::to_string(envelope).expect("an envelope serialises");
    // JetStream would drop a repeated id by itself; a message id of its own brings the repetition to the inbox.
    let again = Some(EventId::at(Clock::system().now()));
    Outgoing { id, again, subject, payload, traceparent: None, cloud: None }
}
