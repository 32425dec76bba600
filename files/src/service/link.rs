use std::time::Duration;

use shared::auth::Caller;
use shared::clock::Timestamp;

use super::access::Reading;
use super::{App, Reader, Visible};
use crate::domain::File;
use crate::error::Error;

/// How long a link is good for.
const GOOD_FOR: Duration = Duration::from_secs(300);

/// A link that whoever holds it may read a file with, past this service.
pub struct Link {
    /// Where.
    pub url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl App {
    /// A link to the bytes of a file for five minutes, and a line in the log of accesses, of which is told. The bucket
    /// serves it as this service would: as an attachment, of the type that it was found to be.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn link(
        &self,
        caller: &Caller,
        _: Visible,
        file: &File,
        disposition: &str,
        reader: &Reader,
    ) -> Result<Link, Error> {
        let expires_at = self.clock.now() + GOOD_FOR;
        let blobs = self.buckets.named(&file.bucket);
        let url = blobs.link(&file.key, GOOD_FOR, disposition, &file.mime_type).await?;
        self.note(caller, file, Reading::Link, reader).await?;
        Ok(Link { url, expires_at })
    }
}
