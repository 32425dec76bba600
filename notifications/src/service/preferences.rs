use std::collections::BTreeMap;

use shared::auth::Caller;

use super::{App, known};
use crate::{
    domain::{Language, Preferences, Recipient, Template},
    error::Error,
    store::{preferences, recipients},
};

/// A person's preferences as they are in force.
#[derive(Clone, Debug)]
pub struct PreferencesShown {
    /// The language that mails come in.
    pub language: Language,
    /// Whether each optional mail is sent.
    pub email: BTreeMap<Template, bool>,
}

/// What is to change; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct PreferencesPatch {
    /// The language from now on.
    pub language: Option<Language>,
    /// The mails to switch on or off.
    pub email: Vec<(Template, bool)>,
}

impl App {
    /// The caller's preferences.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn preferences(&self, caller: &Caller) -> Result<PreferencesShown, Error> {
        let conn = self.db.conn();
        let preferences = preferences::find(conn, caller.user_id).await?;
        let recipient = known(recipients::find(conn, caller.user_id).await?, caller.user_id);
        Ok(self.shown(&preferences, &recipient))
    }

    /// Changes the caller's preferences.
    ///
    /// # Errors
    /// [`Error::NotOptional`] for a mail that cannot be switched off; then nothing is changed.
    pub async fn prefer(&self, caller: &Caller, patch: PreferencesPatch) -> Result<PreferencesShown, Error> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let recipient = known(recipients::find(&*tx, caller.user_id).await?, caller.user_id);
        if recipient.erased {
            return Err(Error::NotFound);
        }
        let mut preferences = preferences::lock(&tx, caller.user_id, now).await?;
        preferences.language = patch.language.or(preferences.language);
        for (template, wanted) in patch.email {
            preferences.set_mail(template, wanted)?;
        }
        preferences::save(&tx, caller.user_id, &preferences, now).await?;
        tx.commit().await?;
        Ok(self.shown(&preferences, &recipient))
    }

    pub(super) fn shown(&self, preferences: &Preferences, recipient: &Recipient) -> PreferencesShown {
        let optional = Template::ALL.into_iter().filter(|template| template.is_optional());
        PreferencesShown {
            language: self.language(preferences, recipient),
            email: optional.map(|template| (template, preferences.wants_mail(template))).collect(),
        }
    }
}
