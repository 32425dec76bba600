use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use shared::{
    blobs::{Received, Receiving, Spool},
    clock::Timestamp,
};

use crate::domain::{Checkpoint, ExportLine, Link};

/// A part of the trail on its way into a file: compressed JSON Lines in the form of an export, on disk while it grows, so that
/// memory stays flat. The same rows make the same bytes, whoever writes them.
pub(super) struct Pack {
    receiving: Receiving,
    gzip: GzEncoder<Vec<u8>>,
    text: String,
    first: (i64, Timestamp),
    last: (i64, Timestamp),
    rows: u64,
}

/// The same, whole.
pub(super) struct Packed {
    pub file: Received,
    pub first: (i64, Timestamp),
    pub last: (i64, Timestamp),
}

impl Pack {
    /// Begins behind a checkpoint, or at the very beginning, with a row.
    pub(super) async fn begin(spool: &Spool, behind: Option<Checkpoint>, first: &Link) -> io::Result<Self> {
        Ok(Self {
            receiving: spool.begin().await?,
            gzip: GzEncoder::new(Vec::new(), Compression::default()),
            text: ExportLine::Start { behind }.text(),
            first: (first.sequence, first.recorded_at),
            last: (first.sequence, first.recorded_at),
            rows: 0,
        })
    }

    /// Adds a row.
    pub(super) fn row(&mut self, link: Link) {
        self.last = (link.sequence, link.recorded_at);
        self.rows += 1;
        self.text += &ExportLine::Row(link).text();
    }

    /// Adds the checkpoint of the last row.
    pub(super) fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.text += &ExportLine::Checkpoint(checkpoint).text();
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes out what was added; to be called every now and then.
    pub(super) async fn flush(self) -> io::Result<Self> {
        let Self { mut receiving, mut gzip, text, first, last, rows } = self;
        let (gzip, bytes) = blocking(move || {
            gzip.write_all(text.as_bytes())?;
            let bytes = std::mem::take(gzip.get_mut());
            Ok((gzip, bytes))
        })
        .await?;
        receiving.write(&bytes).await?;
        Ok(Self { receiving, gzip, text: String::new(), first, last, rows })
    }

    /// There is no more.
    pub(super) async fn finish(self) -> io::Result<Packed> {
        let Self { mut receiving, gzip, first, last, .. } = self.flush().await?;
        receiving.write(&gzip.finish()?).await?;
        Ok(Packed { file: receiving.finish().await?, first, last })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
