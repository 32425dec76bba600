use std::time::Duration;

use futures_util::StreamExt;
use shared::auth::Caller;

use super::access::Reading;
use super::{App, Reader, Visible};
use crate::domain::{File, FileError, Kind, Side};
use crate::error::Error;
use crate::looking;
use crate::pictures::{Thumbnail, shrink};

/// Pixels that are drawn from are counted in so many.
const MILLION: u64 = 1_000_000;
/// How many pictures are on the disk at once to be drawn from.
pub(super) const COPIES: usize = 8;
/// How long a thumbnail waits for its turn before its reader is told to come again.
const WAIT_FOR_TURN: Duration = Duration::from_secs(5);

/// How many pixels may be in memory at once to draw from, in millions: those of the largest picture that is taken, or of two
/// smaller ones.
pub(super) fn room_for(most: u64) -> u32 {
    most.div_ceil(MILLION).clamp(2, u32::MAX.into()) as u32
}

impl App {
    /// A small picture of a picture, and a line in the log of accesses.
    ///
    /// It is drawn each time and kept nowhere: a kept one would be one more object that must go with its file, and who has
    /// seen it once is told by its `ETag` that it is the same.
    ///
    /// # Errors
    /// [`FileError::NoThumbnail`] for what is no picture, or one that cannot be drawn; when the bucket is away; when too many
    /// are being drawn.
    pub async fn thumbnail(
        &self,
        caller: &Caller,
        _: Visible,
        file: &File,
        side: Side,
        reader: &Reader,
    ) -> Result<Thumbnail, Error> {
        let kind = Kind::of_mime(&file.mime_type).filter(|kind| kind.is_picture());
        let kind = kind.ok_or(FileError::NoThumbnail)?;
        let place = tokio::time::timeout(WAIT_FOR_TURN, self.copies.clone().acquire_owned()).await;
        let _place = place.map_err(|_| Error::Busy)?.expect("the places are never closed");
        // It waits on disk, as it did when it came: only its pixels are worth memory.
        let mut copy = self.spool.begin().await?;
        let mut bytes = Box::pin(self.buckets.named(&file.bucket).get(&file.key, None).await?);
        while let Some(chunk) = bytes.next().await {
            copy.write(&chunk?).await?;
        }
        let copy = copy.finish().await?;
        // What was taken by another rule, earlier, is measured by today's.
        let pixels = looking::pixels(&copy, kind).await?.ok_or(FileError::NoThumbnail)?;
        self.limits.admit_pixels(pixels)?;
        let area = u64::from(pixels.width) * u64::from(pixels.height);
        let room = room_for(self.limits.pixels);
        // Two at once, for the sake of the other requests; a large one alone, for the sake of memory.
        let share = (area.div_ceil(MILLION) as u32).clamp(room.div_ceil(2), room);
        let turn = tokio::time::timeout(WAIT_FOR_TURN, self.drawing.clone().acquire_many_owned(share)).await;
        let turn = turn.map_err(|_| Error::Busy)?.expect("the turns are never closed");
        let original = copy.file()?;
        let drawn = tokio::task::spawn_blocking(move || {
            // With the work, not with who waits for it: a reader who leaves stops nothing.
            let _turn = turn;
            shrink(kind, original, side.pixels(), area)
        });
        let drawn = match drawn.await {
            Ok(drawn) => drawn.map_err(|fault| fault.to_string()),
            // A decoder that stumbles over a picture says no more of it than one that refuses it.
            Err(fault) => Err(fault.to_string()),
        };
        let drawn = drawn.map_err(|fault| {
            tracing::info!(file = %file.id, fault, "a picture cannot be drawn");
            FileError::NoThumbnail
        })?;
        self.note(caller, file, Reading::Thumbnail, reader).await?;
        Ok(drawn)
    }
}
