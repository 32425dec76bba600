//! Where a call came from, made fit to be stored and shown.

use std::net::{IpAddr, Ipv6Addr};

/// The most of a `User-Agent` that is kept.
const MAX_USER_AGENT: usize = 255;

/// The caller's address and program, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The address, after the configured proxies have been believed.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header without control characters, cut to 255 characters.
    pub user_agent: Option<String>,
}

impl Client {
    /// Takes what a request says about itself.
    #[must_use]
    pub fn new(ip: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent
            .map(|text| text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect::<String>())
            .filter(|text| !text.trim().is_empty());
        Self { ip: ip.map(|ip| ip.to_canonical()), user_agent }
    }

    /// The address as text.
    #[must_use]
    pub fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }

    /// Under which calls are counted: the address, or for IPv6 its /64, since one household has all of that.
    #[must_use]
    pub fn neighbourhood(&self) -> String {
        match self.ip {
            Some(IpAddr::V4(ip)) => ip.to_string(),
            Some(IpAddr::V6(ip)) => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            None => "unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let client = Client::new(None, Some(&format!("evil\r\n\u{1b}[31m{}", "x".repeat(400))));
        let user_agent = client.user_agent.unwrap();
        assert_eq!(user_agent.chars().count(), 255);
        assert!(user_agent.starts_with("evil[31mxxx"));
        assert_eq!(Client::new(None, Some(" \t ")).user_agent, None);
    }

    #[test]
    fn addresses_of_one_household_are_counted_together() {
        let of = |text: &str| Client::new(Some(text.parse().unwrap()), None).neighbourhood();
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
