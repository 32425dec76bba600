use shared::auth::{Admin, Caller};
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

impl App {
    /// Notes that somebody read a file, or was given the means to.
    pub(super) async fn note(
        &self,
        caller: &Caller,
        file: &File,
        action: &str,
        reader: &Reader,
    ) -> Result<(), Error> {
        let access = Access {
            file: file.id,
            user: caller.user_id,
            action,
            ip_address: reader.ip_address.clone(),
            user_agent: &reader.user_agent,
        };
        let tx = self.db.begin().await?;
        store::note(&tx, access, self.clock.now()).await?;
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
