use shared::config::{Common, Faults, Settings, Sources};

/// The settings of this service.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service has.
    pub common: Common,
    /// Where the others are.
    pub peers: Peers,
}

/// Where the other services are.
#[derive(Debug, Clone)]
pub struct Peers {
    /// Auth, which owns the accounts.
    pub auth: String,
    /// Tickets.
    pub tickets: String,
    /// Files, which keeps the pictures.
    pub files: String,
    /// Notifications.
    pub notifications: String,
    /// Audit.
    pub audit: String,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once, each with its key.
    pub fn read(sources: &Sources) -> Result<Self, Faults> {
        let mut settings = Settings::new("users", include_str!("../config.default.toml"), sources);
        let common = Common::read(&mut settings);
        let mut url = |key| settings.url(key, &["http", "https"]);
        let peers = Peers {
            auth: common.tokens.auth_url.clone(),
            tickets: url("ticket_service_url"),
            files: url("file_service_url"),
            notifications: url("notification_service_url"),
            audit: url("audit_service_url"),
        };
        settings.finish(Self { common, peers })
    }
}

impl AsRef<Common> for Config {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}
