use shared::{
    bus::{self, FailedEvent, FailedQuery, Retried},
    ids::FailedEventId,
};

use super::App;
use crate::Error;

/// The consumer whose failed events these are.
const CONSUMER: &str = "audit";

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
        match bus::retry_failed(&self.db, CONSUMER, id, &self.recorder()).await? {
            Retried::Done(event) => Ok(event),
            Retried::Failed(fault) => Err(Error::StillFailing(fault)),
            Retried::Resolved => Err(Error::Resolved),
            Retried::Unknown => Err(Error::NotFound),
        }
    }
}
