use shared::{
    bus::{self, FailedEvent, FailedQuery, Fault, Handler, Retried},
    db::Tx,
    events::Envelope,
    ids::FailedEventId,
};

use super::{App, Recorder};
use crate::Error;

/// The consumer whose failed events these are.
const CONSUMER: &str = "audit";

/// Puts a single event on record that could not be when it came.
struct Afterwards(Recorder);

impl Handler for Afterwards {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        self.0.record(tx, &[event]).await.map_err(Fault::from)
    }
}

impl App {
    /// The events that could not be put on record.
    pub async fn failed(&self, query: &FailedQuery) -> Result<Vec<FailedEvent>, Error> {
        Ok(bus::failed_events(&self.db, query).await?)
    }

    /// Tries once more to put an event on record.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Resolved`] when it is on record by now, [`Error::StillFailing`] with the fault.
    pub async fn retry_failed(&self, id: FailedEventId) -> Result<FailedEvent, Error> {
        match bus::retry_failed(&self.db, CONSUMER, id, &Afterwards(self.recorder())).await? {
            Retried::Done(event) => Ok(event),
            Retried::Failed(fault) => Err(Error::StillFailing(fault)),
            Retried::Resolved => Err(Error::Resolved),
            Retried::Unknown => Err(Error::NotFound),
        }
    }
}
