use std::time::Duration;

use shared::auth::{Admin, Caller};
use shared::events::FileWay;
use shared::http::When;
use shared::ids::{FileAccessId, FileId};
use shared::page::{Cursor, Page, PageQuery};

use super::App;
use crate::domain::File;
use crate::error::Error;
use crate::store::{self, Access, Noted};

/// From where a file is read, for the log of accesses.
pub struct Reader {
    /// The address.
    pub ip_address: String,
    /// The program.
    pub user_agent: String,
}

/// In which way a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Its bytes, from the first one on.
    Whole,
    /// Its bytes from a later one on, as the parts of a download are asked for.
    Rest,
    /// By a link to the bucket.
    Link,
    /// As a small picture.
    Thumbnail,
}

/// For so long what is asked for of the rest of a file belongs to the download that was begun.
const ONE_DOWNLOAD: Duration = Duration::from_secs(3600);

impl Reading {
    fn action(self) -> &'static str {
        match self {
            Self::Whole | Self::Rest => "download",
            Self::Link => "url",
            Self::Thumbnail => "thumbnail",
        }
    }
}

impl App {
    /// Notes that somebody read a file, or was given the means to, and tells of it: each download once, however many
    /// parts it is made of, and no thumbnail.
    pub(super) async fn note(
        &self,
        caller: &Caller,
        file: &File,
        reading: Reading,
        reader: &Reader,
    ) -> Result<(), Error> {
        let access = Access {
            file: file.id,
            user: caller.user_id,
            action: reading.action(),
            ip_address: reader.ip_address.clone(),
            user_agent: &reader.user_agent,
        };
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let via = match reading {
            Reading::Whole => Some(FileWay::Direct),
            // Who begins with the second byte takes the file away as well.
            Reading::Rest => {
                let since = now - ONE_DOWNLOAD;
                let has_begun =
                    store::has_read(&tx, file.id, caller.user_id, reading.action(), since).await?;
                (!has_begun).then_some(FileWay::Direct)
            }
            Reading::Link => Some(FileWay::Link),
            Reading::Thumbnail => None,
        };
        store::note(&tx, access, now).await?;
        if let Some(via) = via {
            tx.emit(file.downloaded(caller.user_id, via, now)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Who read a file, a page at a time; of a deleted one too, until it is purged. `after` is the key of the last line on
    /// the page before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file.
    pub async fn accesses(
        &self,
        _: &Admin,
        id: FileId,
        page: &PageQuery,
        after: Option<(When, FileAccessId)>,
    ) -> Result<Page<Noted>, Error> {
        let file = store::find_any(&self.db, id).await?.ok_or(Error::NotFound)?;
        let after = after.map(|(at, id)| (at.0, id));
        let rows = store::accesses_to(&self.db, file.id, after, page.sort.descending, page.fetch()).await?;
        Ok(Page::of(rows, page.limit, |line| Cursor::of(&page.sort, &(When(line.at), line.id))))
    }
}
