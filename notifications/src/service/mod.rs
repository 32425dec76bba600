//! Runs the use cases and owns their transactions.

mod compose;
mod export;
mod list;
mod preferences;
mod tell;
mod worker;

use std::sync::Arc;

use shared::{auth::Caller, clock::Clock, db::Db, ids::UserId};
use tokio::sync::Notify;

pub use export::{Export, Exported};
pub use list::Line;
pub use preferences::{PreferencesPatch, PreferencesShown};
pub use tell::Cause;
pub use worker::Worker;

use crate::{
    domain::{Language, MailAddress, Preferences, Recipient},
    mail::{Links, Renderer},
};

/// What every use case needs; clones share it.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    renderer: Arc<Renderer>,
    links: Arc<Links>,
    default_language: Language,
    /// Wakes the worker of this process once a delivery is committed.
    wake: Arc<Notify>,
}

impl App {
    /// Puts the use cases on a database.
    #[must_use]
    pub fn new(db: Db, clock: Clock, renderer: Renderer, links: Links, default_language: Language) -> Self {
        Self {
            db,
            clock,
            renderer: Arc::new(renderer),
            links: Arc::new(links),
            default_language,
            wake: Arc::new(Notify::new()),
        }
    }

    /// The language of a person: chosen for notifications, else the profile's, else the house's.
    fn language(&self, preferences: &Preferences, recipient: &Recipient) -> Language {
        preferences.language.or(recipient.profile.value().language).unwrap_or(self.default_language)
    }

    /// What the caller is called. An address that no mail could go to still has a name in front of it.
    fn name_of(recipient: &Recipient, caller: &Caller) -> String {
        match MailAddress::parse(&caller.email) {
            Ok(address) => recipient.name(&address),
            Err(_) => String::new(),
        }
    }
}

/// What is known of somebody, or that nothing is.
fn known(recipient: Option<Recipient>, user: UserId) -> Recipient {
    recipient.unwrap_or_else(|| Recipient::unknown(user))
}
