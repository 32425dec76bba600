use std::collections::BTreeMap;

use shared::auth::Caller;

use super::{App, known};
use crate::{
    domain::{Channel, Language, Preferences, Recipient, Rhythm, Template},
    error::Error,
    store::{preferences, recipients},
};

/// A person's preferences as they are in force.
#[derive(Clone, Debug)]
pub struct PreferencesShown {
    /// The language that messages come in.
    pub language: Language,
    /// How often the mails come that may wait.
    pub rhythm: Rhythm,
    /// Whether each optional message is sent, channel by channel.
    pub wanted: BTreeMap<&'static str, BTreeMap<Template, bool>>,
}

/// What is to change; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct PreferencesPatch {
    /// The language from now on.
    pub language: Option<Language>,
    /// The rhythm from now on.
    pub rhythm: Option<Rhythm>,
    /// The messages to switch on or off.
    pub wanted: Vec<(Channel, Template, bool)>,
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
    /// [`Error::NotOptional`] for a message that is not for them to choose; then nothing is changed.
    pub async fn prefer(&self, caller: &Caller, patch: PreferencesPatch) -> Result<PreferencesShown, Error> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let recipient = known(recipients::find(&*tx, caller.user_id).await?, caller.user_id);
        if recipient.erased {
            return Err(Error::NotFound);
        }
        let mut preferences = preferences::lock(&tx, caller.user_id, now).await?;
        preferences.language = patch.language.or(preferences.language);
        preferences.rhythm = patch.rhythm.unwrap_or(preferences.rhythm);
        for (channel, template, wanted) in patch.wanted {
            preferences.set(channel, template, wanted)?;
        }
        preferences::save(&tx, caller.user_id, &preferences, now).await?;
        tx.commit().await?;
        Ok(self.shown(&preferences, &recipient))
    }

    pub(super) fn shown(&self, preferences: &Preferences, recipient: &Recipient) -> PreferencesShown {
        let optional = || Template::ALL.iter().copied().filter(|template| template.is_optional());
        let wanted = |channel: Channel| {
            let wanted = optional().map(|template| (template, preferences.wants(channel, template)));
            (channel.as_str(), wanted.collect())
        };
        PreferencesShown {
            language: self.language(preferences, recipient),
            rhythm: preferences.rhythm,
            wanted: Channel::ALL.into_iter().map(wanted).collect(),
        }
    }
}
