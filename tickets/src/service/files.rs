use sea_orm::DbErr;
use shared::db::Tx;
use shared::ids::UserId;

use super::App;
use crate::domain::{Action, Attachment, Visibility};
use crate::store;

/// What the files service says of a file.
#[derive(Debug, Clone)]
pub struct FileNews {
    /// The file.
    pub file: Attachment,
    /// The version of it that this is.
    pub version: i64,
    /// It is gone.
    pub is_deleted: bool,
    /// Who did it.
    pub by: Option<UserId>,
}

impl App {
    /// Notes that a file came to a ticket, or went. Of a ticket that is no more nothing is noted.
    ///
    /// # Errors
    /// When the database refuses or is away.
    pub async fn note_file(&self, tx: &Tx, news: FileNews) -> Result<(), DbErr> {
        let FileNews { file, version, is_deleted, by } = news;
        let Some(ticket) = store::lock(tx, file.ticket_id, Visibility::Everyone).await? else {
            return Ok(());
        };
        let now = self.clock.now();
        if !store::attachments::note(tx, &file, version, is_deleted, now).await? {
            return Ok(());
        }
        let action = if is_deleted { Action::FileRemoved } else { Action::FileAttached };
        store::save(tx, ticket.note_file(action, &file.file_name, by, now)).await?;
        Ok(())
    }
}
