use shared::{
    auth::Caller,
    clock::Timestamp,
    ids::{DeliveryId, TicketId, UserId},
};

use super::{App, known};
use crate::{
    domain::{Language, Notice, Notification, Template, Window},
    error::Error,
    mail::Names,
    store::{list, preferences, recipients},
};

/// A notification as its owner sees it.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub id: DeliveryId,
    /// What kind of message.
    pub template: Template,
    /// The template's subject, in the reader's language of today.
    pub title: String,
    /// The ticket that it is about.
    pub ticket: Option<TicketId>,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

impl App {
    /// The caller's own notifications.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn notifications(&self, caller: &Caller, window: &Window) -> Result<Vec<Line>, Error> {
        let found = list::window(self.db.conn(), caller.user_id, window).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let (language, name) = self.reader(caller).await?;
        Ok(found.into_iter().map(|notification| self.line(notification, language, &name)).collect())
    }

    /// How many the caller has not read yet.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unread(&self, caller: &Caller) -> Result<u64, Error> {
        Ok(list::unread(self.db.conn(), caller.user_id).await?)
    }

    /// Marks one of the caller's notifications as read; twice is the same as once.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller has none of that id.
    pub async fn read(&self, caller: &Caller, id: DeliveryId) -> Result<Line, Error> {
        let tx = self.db.begin().await?;
        list::mark_read(&tx, caller.user_id, Some(id), self.clock.now()).await?;
        let found = list::find(&*tx, caller.user_id, id).await?.ok_or(Error::NotFound)?;
        tx.commit().await?;
        let (language, name) = self.reader(caller).await?;
        Ok(self.line(found, language, &name))
    }

    /// Marks all of the caller's notifications as read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read_all(&self, caller: &Caller) -> Result<(), Error> {
        let tx = self.db.begin().await?;
        list::mark_read(&tx, caller.user_id, None, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn reader(&self, caller: &Caller) -> Result<(Language, String), Error> {
        self.reader_of(caller.user_id, &caller.email).await
    }

    /// The language of a person, and what they are called.
    pub(super) async fn reader_of(&self, user: UserId, email: &str) -> Result<(Language, String), Error> {
        let conn = self.db.conn();
        let preferences = preferences::find(conn, user).await?;
        let recipient = known(recipients::find(conn, user).await?, user);
        Ok((self.language(&preferences, &recipient), Self::name_of(&recipient, email)))
    }

    pub(super) fn line(&self, notification: Notification, language: Language, name: &str) -> Line {
        let Notification { id, template, payload, ticket, created_at, read_at } = notification;
        let title = self.title(template, &payload, language, name).unwrap_or_else(|fault| {
            tracing::warn!(delivery_id = %id, %template, fault, "a notification has no title");
            template.as_str().to_owned()
        });
        Line { id, template, title, ticket, created_at, read_at }
    }

    /// The subject of a stored delivery, or why it has none.
    pub(super) fn title(
        &self,
        template: Template,
        payload: &str,
        language: Language,
        name: &str,
    ) -> Result<String, String> {
        let notice = Notice::read(template, payload).map_err(|fault| fault.to_string())?;
        // No subject names anybody but its reader.
        let names = Names { reader: name, other: None };
        let renderer = self.templates.renderer();
        let variables = renderer.variables(&notice, language, names, &self.links);
        renderer.subject(template, language, &variables).map_err(|fault| fault.to_string())
    }
}
