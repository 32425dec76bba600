//! Where a request comes from. Forwarded headers are believed from configured proxies only.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use ipnet::IpNet;

use super::error::ApiError;

/// The client's address and what it calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The address, as far back as our own proxies vouch for it.
    pub ip: IpAddr,
    /// `User-Agent`: printable, 255 characters at most, empty when absent.
    pub user_agent: String,
}

const LONGEST_USER_AGENT: usize = 255;

impl ClientAddress {
    /// What to count requests by: the address, or the /64 network of an IPv6 address (one customer has all of it).
    pub fn throttle_key(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => {
                let network = ip.to_bits() & (u128::MAX << 64);
                format!("{}/64", Ipv6Addr::from_bits(network))
            }
        }
    }
}

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = req.extensions().get::<ClientAddress>().cloned();
        ready(Ok(known.unwrap_or_else(|| of(req.peer_addr().map(|peer| peer.ip()), req.headers(), &[]).0)))
    }
}

/// The client, and whether a proxy of ours took the request over TLS.
pub(super) fn of(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> (ClientAddress, bool) {
    let trusted = |ip: &IpAddr| proxies.iter().any(|network| network.contains(ip));
    let mut ip = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ip| ip.to_canonical());
    let from_proxy = trusted(&ip);
    if from_proxy {
        // From the right: each proxy appends whom it heard it from. The first that is not ours is the client; what
        // stands left of it is the client's own claim.
        let forwarded = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            let Some(heard_from) = parse(hop) else { break };
            ip = heard_from;
            if !trusted(&ip) {
                break;
            }
        }
    }
    let proto = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let over_tls = from_proxy && proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    (ClientAddress { ip, user_agent: user_agent(headers) }, over_tls)
}

/// An address with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|addr| addr.ip()))?;
    Some(IpAddr::to_canonical(&ip))
}

fn user_agent(headers: &HeaderMap) -> String {
    let raw = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    raw.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        let proxies: [IpNet; 2] = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        of(Some(peer.parse().unwrap()), &headers, &proxies).0.ip.to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(client("198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn our_proxies_are_believed() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("fd00::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn an_ipv6_customer_is_counted_by_network() {
        let key =
            |ip: &str| ClientAddress { ip: ip.parse().unwrap(), user_agent: String::new() }.throttle_key();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(key("198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn a_user_agent_is_one_printable_line() {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_bytes(b"a\tb\xff").unwrap());
        assert_eq!(user_agent(&headers), "ab\u{fffd}");
        headers.insert(header::USER_AGENT, HeaderValue::from_str(&"x".repeat(1000)).unwrap());
        assert_eq!(user_agent(&headers).len(), LONGEST_USER_AGENT);
    }
}
