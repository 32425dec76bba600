use std::time::Duration;

use serde_json::value::RawValue;
use shared::auth::Caller;
use shared::http::{CallError, ClientSettings, ServiceClient};

use crate::config::Peers;

/// What another service keeps on somebody, in its own words.
pub type Document = Box<RawValue>;

/// The other five, as far as each tells somebody what it keeps on them.
#[derive(Clone)]
pub struct ExportsClient {
    auth: ServiceClient,
    tickets: ServiceClient,
    files: ServiceClient,
    notifications: ServiceClient,
    audit: ServiceClient,
}

/// What the other five keep on somebody.
pub struct Exports {
    /// Auth.
    pub auth: Document,
    /// Tickets.
    pub tickets: Document,
    /// Files.
    pub files: Document,
    /// Notifications.
    pub notifications: Document,
    /// Audit.
    pub audit: Document,
}

impl ExportsClient {
    /// The five at these URLs.
    pub fn new(peers: &Peers) -> Self {
        // Everything that there is on somebody takes a while; it is asked for once in years.
        let settings = ClientSettings {
            total: Duration::from_secs(10),
            each: Duration::from_secs(10),
            tries: 2,
            at_once: 8,
            ..ClientSettings::default()
        };
        let client = |name, url: &str| ServiceClient::new(name, url, settings.clone());
        Self {
            auth: client("auth", &peers.auth),
            tickets: client("tickets", &peers.tickets),
            files: client("files", &peers.files),
            notifications: client("notifications", &peers.notifications),
            audit: client("audit", &peers.audit),
        }
    }

    /// What the five keep on the caller, asked at the same time: all of it or nothing.
    ///
    /// # Errors
    /// What the first of them says that does not answer, or that it is away.
    pub async fn gather(&self, caller: &Caller) -> Result<Exports, CallError> {
        let (auth, tickets, files, notifications, audit) = tokio::try_join!(
            self.auth.get("/auth/export", caller),
            self.tickets.get("/tickets/export", caller),
            self.files.get("/files/export", caller),
            self.notifications.get("/notifications/export", caller),
            self.audit.get("/audit/export", caller),
        )?;
        Ok(Exports { auth, tickets, files, notifications, audit })
    }
}
