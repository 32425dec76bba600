use shared::auth::Caller;

use super::{App, PreferencesShown, known};
use crate::{
    domain::{Language, Recipient, Record, Template},
    error::Error,
    store::{list, preferences, recipients},
};

/// Everything that this service keeps about one person.
#[derive(Clone, Debug)]
pub struct Export {
    /// What is known of them.
    pub recipient: Recipient,
    /// What they want to be told.
    pub preferences: PreferencesShown,
    /// Every delivery to them, the oldest first.
    pub deliveries: Vec<Exported>,
}

/// A delivery as its recipient may see it.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The row.
    pub record: Record,
    /// The subject, in the reader's language of today.
    pub title: String,
    /// Whether its facts may be shown. A secret may not: who has taken over a session could set a new password with it.
    pub is_open: bool,
}

impl App {
    /// Everything that is kept about the caller.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn export(&self, caller: &Caller) -> Result<Export, Error> {
        let conn = self.db.conn();
        let preferences = preferences::find(conn, caller.user_id).await?;
        let recipient = known(recipients::find(conn, caller.user_id).await?, caller.user_id);
        let language = self.language(&preferences, &recipient);
        let name = Self::name_of(&recipient, &caller.email);
        let records = list::ledger(conn, caller.user_id).await?;
        let exported = |record| self.exported(record, language, &name);
        Ok(Export {
            preferences: self.shown(&preferences, &recipient),
            recipient,
            deliveries: records.into_iter().map(exported).collect(),
        })
    }

    fn exported(&self, record: Record, language: Language, name: &str) -> Exported {
        // One that only a newer replica knows might hold a secret.
        let template = record.template.parse::<Template>().ok();
        let is_open = template.is_some_and(|template| !template.is_secret());
        let title = template.and_then(|template| match is_open {
            true => self.title(template, &record.payload, language, name).ok(),
            // Such a subject names nothing, and the payload may be overwritten.
            false => self.templates.renderer().subject(template, language, &Default::default()).ok(),
        });
        Exported { title: title.unwrap_or_else(|| record.template.clone()), record, is_open }
    }
}
