//! Audit takes every event there is, and never a command: those carry secrets and travel on a stream of their own.

use serde::{Deserialize, Deserializer};
use shared::{
    bus::{Fault, Handler, Message, Taken},
    clock::Timestamp,
    db::Tx,
    events::Envelope,
    ids::EventId,
};

use crate::{
    domain::{Draft, Unreadable},
    service::Recorder,
};

/// An event as it has come. It is read for the trail at once, while what came before it is being written.
pub struct Arrived(Result<Draft, (Envelope, Unreadable)>);

impl Arrived {
    fn event(&self) -> &Envelope {
        match &self.0 {
            Ok(draft) => draft.entry().event(),
            Err((event, _)) => event,
        }
    }

    /// What cannot be read is kept among the failed events: it can be retried when a build that can is there.
    fn draft(&self) -> Result<&Draft, Fault> {
        self.0.as_ref().map_err(|(_, fault)| Fault::Poison(fault.to_string()))
    }
}

impl<'de> Deserialize<'de> for Arrived {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Envelope::deserialize(deserializer)?;
        Ok(Self(Draft::of(&event).map_err(|fault| (event, fault))))
    }
}

impl Message for Arrived {
    fn id(&self) -> EventId {
        self.event().id()
    }
    fn kind(&self) -> &str {
        self.event().kind()
    }
    fn correlation_id(&self) -> Option<&str> {
        Message::correlation_id(self.event())
    }
    fn timestamp(&self) -> Timestamp {
        self.event().timestamp()
    }
}

/// Puts events on record, a batch with few statements, in the transaction that the bus gives.
impl Handler<Arrived> for Recorder {
    async fn handle(&self, tx: &Tx, event: &Arrived) -> Result<(), Fault> {
        let now = tx.db().clock().now();
        Ok(self.record(tx, &[event.draft()?], now).await?)
    }

    async fn handle_all(&self, tx: &Tx, batch: &[Taken<'_, Arrived>]) -> Result<(), Fault> {
        let now = tx.db().clock().now();
        let drafts = batch.iter().map(|taken| taken.message().draft()).collect::<Result<Vec<_>, _>>()?;
        Ok(self.record(tx, &drafts, now).await?)
    }
}
