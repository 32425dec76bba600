//! Audit takes every event there is, and never a command: those carry secrets and travel on a stream of their own.

use shared::{
    bus::{Fault, Handler, Taken},
    db::Tx,
    events::Envelope,
};

use crate::service::{RecordError, Recorder};

/// Puts events on record, a batch with few statements, in the transaction that the bus gives.
impl Handler for Recorder {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        let now = tx.db().clock().now();
        self.record(tx, [event], now).await.map_err(Fault::from)
    }

    async fn handle_all(&self, tx: &Tx, batch: &[Taken<'_, Envelope>]) -> Result<(), Fault> {
        let now = tx.db().clock().now();
        self.record(tx, batch.iter().map(Taken::message), now).await.map_err(Fault::from)
    }
}

impl From<RecordError> for Fault {
    fn from(error: RecordError) -> Self {
        match error {
            // Kept among the failed events: it can be retried when a build that can read it is there.
            RecordError::Unreadable(fault) => Fault::Poison(fault.to_string()),
            RecordError::Database(fault) => fault.into(),
        }
    }
}
