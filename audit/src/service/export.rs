use super::App;
use crate::{
    Error,
    domain::{Checkpoint, ExportLine},
    store,
};

/// How many rows are read at a time.
const BATCH: u64 = 1_000;

/// The trail being written out for an outsider, piece by piece, so that memory stays flat however long it is.
pub struct Export {
    app: App,
    last: i64,
    head: Checkpoint,
    start: Option<ExportLine>,
    is_over: bool,
}

impl App {
    /// Writes out the trail from behind the checkpoint at row `after`; with 0, from the first row that is there.
    ///
    /// # Errors
    /// When the database is away, or there is no checkpoint at that row.
    pub async fn export(&self, after: i64) -> Result<Export, Error> {
        let head = store::head(self.db.conn()).await?;
        let behind = self.start(self.db.conn(), after).await?;
        let last = behind.as_ref().map_or(0, |it| it.sequence);
        let start = Some(ExportLine::Start { behind });
        Ok(Export { app: self.clone(), last, head, start, is_over: false })
    }
}

impl Export {
    /// The next lines; none when all is written.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let conn = self.app.db.conn();
        let mut text = self.start.take().map_or_else(String::new, |start| start.text());
        let mut checkpoints = store::checkpoints(conn, self.last, BATCH).await?.into_iter().peekable();
        let rows = store::feed(conn, self.last, BATCH).await?;
        if store::retained(conn).await?.is_some_and(|start| start.sequence > self.last) {
            return Err(Error::PutAway);
        }
        let is_last_batch = (rows.len() as u64) < BATCH;
        // What has come since the look at the end is left for the next export.
        for link in rows.into_iter().take_while(|link| link.sequence <= self.head.sequence) {
            self.last = link.sequence;
            text += &ExportLine::Row(link).text();
            if let Some(checkpoint) = checkpoints.next_if(|it| it.sequence <= self.last) {
                text += &ExportLine::Checkpoint(checkpoint).text();
            }
        }
        if is_last_batch || self.last >= self.head.sequence {
            self.is_over = true;
            text += &ExportLine::Checkpoint(self.head.clone()).text();
        }
        Ok(Some(text))
    }
}
