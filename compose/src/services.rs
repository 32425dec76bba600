//! The six, and what is done alike with each.

use std::fmt;

use shared::{
    clock::Clock,
    config::{Common, Faults, Sources},
    db::Db,
    http::Module,
    migrate,
    process::Process,
};

/// One of the six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Service {
    /// Accounts, sign-ins, tokens.
    Auth,
    /// Profiles.
    Users,
    /// Tickets, comments, their workflow and SLA.
    Tickets,
    /// Attachments.
    Files,
    /// Mails and notifications.
    Notifications,
    /// The trail of everything that happened.
    Audit,
}

impl Service {
    /// All six, in the order of their ports.
    pub const ALL: [Self; 6] =
        [Self::Auth, Self::Users, Self::Tickets, Self::Files, Self::Notifications, Self::Audit];

    /// Its name, as its crate, its database and its table in helpdesk.toml have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Users => "users",
            Self::Tickets => "tickets",
            Self::Files => "files",
            Self::Notifications => "notifications",
            Self::Audit => "audit",
        }
    }

    /// The setting by which the others find it.
    #[must_use]
    pub const fn url_key(self) -> &'static str {
        match self {
            Self::Auth => "auth_service_url",
            Self::Users => "user_service_url",
            Self::Tickets => "ticket_service_url",
            Self::Files => "file_service_url",
            Self::Notifications => "notification_service_url",
            Self::Audit => "audit_service_url",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A service with its configuration, ready to be started.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there are six of them, once")]
pub enum Configured {
    /// auth.
    Auth(auth::Config),
    /// users.
    Users(users::Config),
    /// tickets.
    Tickets(tickets::Config),
    /// files.
    Files(files::Config),
    /// notifications.
    Notifications(notifications::Config),
    /// audit.
    Audit(audit::Config),
}

impl Configured {
    /// Reads a service's settings.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(service: Service, sources: &Sources) -> Result<Self, Faults> {
        Ok(match service {
            Service::Auth => Self::Auth(auth::Config::read(sources)?),
            Service::Users => Self::Users(users::Config::read(sources)?),
            Service::Tickets => Self::Tickets(tickets::Config::read(sources)?),
            Service::Files => Self::Files(files::Config::read(sources)?),
            Service::Notifications => Self::Notifications(notifications::Config::read(sources)?),
            Service::Audit => Self::Audit(audit::Config::read(sources)?),
        })
    }

    /// Which of the six it is.
    #[must_use]
    pub fn service(&self) -> Service {
        match self {
            Self::Auth(_) => Service::Auth,
            Self::Users(_) => Service::Users,
            Self::Tickets(_) => Service::Tickets,
            Self::Files(_) => Service::Files,
            Self::Notifications(_) => Service::Notifications,
            Self::Audit(_) => Service::Audit,
        }
    }

    /// What it has in common with the others.
    #[must_use]
    pub fn common(&self) -> &Common {
        match self {
            Self::Auth(config) => &config.common,
            Self::Users(config) => &config.common,
            Self::Tickets(config) => &config.common,
            Self::Files(config) => &config.common,
            Self::Notifications(config) => &config.common,
            Self::Audit(config) => &config.common,
        }
    }

    /// Starts its background work; what it serves is the module.
    ///
    /// # Errors
    /// In words, when something that cannot pass by itself is wrong.
    pub async fn start(&self, process: &Process) -> anyhow::Result<Module> {
        match self {
            Self::Auth(config) => auth::start(config, process).await,
            Self::Users(config) => users::start(config, process).await,
            Self::Tickets(config) => tickets::start(config, process).await,
            Self::Files(config) => files::start(config, process).await,
            Self::Notifications(config) => notifications::start(config, process).await,
            Self::Audit(config) => audit::start(config, process).await,
        }
    }

    /// Brings its tables up to date, and does nothing else; the names of what was applied.
    ///
    /// # Errors
    /// When its database is not there, or refuses.
    pub async fn migrate(&self, clock: Clock) -> anyhow::Result<Vec<String>> {
        let db = Db::open(&self.common().database, clock).await?;
        let applied = match self {
            Self::Auth(_) => migrate::up::<migrations::auth::Migrator>(&db).await,
            Self::Users(_) => migrate::up::<migrations::users::Migrator>(&db).await,
            Self::Tickets(_) => migrate::up::<migrations::tickets::Migrator>(&db).await,
            Self::Files(_) => migrate::up::<migrations::files::Migrator>(&db).await,
            Self::Notifications(_) => migrate::up::<migrations::notifications::Migrator>(&db).await,
            Self::Audit(_) => migrate::up::<migrations::audit::Migrator>(&db).await,
        };
        db.close().await;
        applied
    }
}
