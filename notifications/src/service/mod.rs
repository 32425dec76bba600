//! Runs the use cases and owns their transactions.

mod compose;
mod digest;
mod export;
mod feed;
mod ledger;
mod list;
mod preferences;
mod queue;
mod tell;
mod templates;
mod worker;

use std::sync::Arc;

use shared::{
    clock::{Clock, Timestamp},
    db::Db,
    ids::UserId,
    live::Live,
    process::Process,
};
use tokio::sync::Notify;

pub use export::{Export, Exported};
pub use feed::{Following, News};
pub use ledger::Entry;
pub use list::Line;
pub use preferences::{PreferencesPatch, PreferencesShown};
pub use queue::Queue;
pub use tell::Cause;
pub use templates::{TemplateShown, Templates, WordingPatch};
pub use worker::{Post, Worker};

use self::feed::Feeds;
use crate::{
    domain::{Channel, Language, MailAddress, Preferences, Recipient},
    mail::Links,
};

/// What happened to an account so long ago is no news.
const NEWS: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// What every use case needs; clones share it.
#[derive(Clone)]
pub struct App {
    db: Db,
    clock: Clock,
    templates: Arc<Templates>,
    links: Arc<Links>,
    default_language: Language,
    /// The channels that have a gateway.
    gateways: Arc<[Channel]>,
    /// Wakes the worker of this process once a delivery is committed.
    wake: Arc<Notify>,
    queue: Arc<Queue>,
    feeds: Feeds,
    live: Live,
}

/// What the use cases are told at the start.
pub struct Setup {
    /// The templates.
    pub templates: Templates,
    /// Where mails lead.
    pub links: Links,
    /// The language of those who chose none.
    pub default_language: Language,
    /// The channels that have a gateway.
    pub gateways: Vec<Channel>,
    /// The hints at what waits.
    pub queue: Queue,
    /// How many may follow their list live.
    pub stream_limit: usize,
}

impl App {
    /// Puts the use cases on a database.
    #[must_use]
    pub fn new(db: Db, process: &Process, setup: Setup) -> Self {
        Self {
            db,
            clock: process.clock.clone(),
            templates: Arc::new(setup.templates),
            links: Arc::new(setup.links),
            default_language: setup.default_language,
            gateways: setup.gateways.into(),
            wake: Arc::new(Notify::new()),
            queue: Arc::new(setup.queue),
            feeds: Feeds::new(setup.stream_limit),
            live: Live::new(process),
        }
    }

    /// Whether what happened to an account then is still worth a mail.
    #[must_use]
    pub fn is_news(&self, at: Timestamp) -> bool {
        self.clock.now() - at < NEWS
    }

    /// The language of a person: chosen for notifications, else the profile's, else the house's.
    fn language(&self, preferences: &Preferences, recipient: &Recipient) -> Language {
        preferences.language.or(recipient.profile.value().language).unwrap_or(self.default_language)
    }

    /// What a person is called. An address that no mail could go to makes no name.
    fn name_of(recipient: &Recipient, email: &str) -> String {
        match MailAddress::parse(email) {
            Ok(address) => recipient.name(&address),
            Err(_) => String::new(),
        }
    }
}

/// What is known of somebody, or that nothing is.
fn known(recipient: Option<Recipient>, user: UserId) -> Recipient {
    recipient.unwrap_or_else(|| Recipient::unknown(user))
}
