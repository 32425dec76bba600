//! Where a call came from, as sessions and events tell it.

use std::net::IpAddr;

/// The caller's address and program, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The address, after the configured proxies have been believed.
    pub ip: Option<IpAddr>,
    /// What the program calls itself, as one printable line.
    pub user_agent: Option<String>,
}

impl Client {
    /// The address as text.
    #[must_use]
    pub fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }
}
