use shared::ids::AuditLogId;

use super::App;
use crate::{
    Error,
    domain::{LogLine, LogsQuery},
    store,
};

impl App {
    /// The lines of the log that match, by time.
    pub async fn logs(&self, query: &LogsQuery) -> Result<Vec<LogLine>, Error> {
        Ok(store::logs(self.db.conn(), query).await?)
    }

    /// One line of the log.
    pub async fn log(&self, id: AuditLogId) -> Result<LogLine, Error> {
        store::log(self.db.conn(), id).await?.ok_or(Error::NotFound)
    }
}
