use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use shared::config::Settings;

/// Whether files are shown to a virus scanner, and to which.
#[derive(Clone, Debug)]
pub enum Scanning {
    /// They are not.
    Off,
    /// To a ClamAV daemon.
    Clamd {
        /// Where it listens.
        address: ClamdAddress,
        /// The most bytes that it looks at in one file: its `StreamMaxLength`.
        stream_max: u64,
        /// How long it may neither say nor take anything before it counts as away.
        patience: Duration,
        /// How long it may look at one file.
        timeout: Duration,
        /// How many files it is shown at once.
        at_once: usize,
    },
}

/// Where a ClamAV daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAddress {
    /// `host:port`.
    Tcp(String),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl FromStr for ClamdAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('/') {
            return Ok(ClamdAddress::Unix(PathBuf::from(text)));
        }
        let host_port = text.strip_prefix("tcp://").unwrap_or(text);
        let (host, port) = host_port.rsplit_once(':').unwrap_or_default();
        let is_sound = !host.is_empty()
            && !host.contains(['/', ' ', '@'])
            && port.parse::<u16>().is_ok_and(|port| port > 0);
        if is_sound {
            Ok(ClamdAddress::Tcp(host_port.to_owned()))
        } else {
            Err("is neither host:port nor the absolute path of a socket")
        }
    }
}

impl fmt::Display for ClamdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClamdAddress::Tcp(address) => f.write_str(address),
            ClamdAddress::Unix(path) => path.display().fmt(f),
        }
    }
}

impl Scanning {
    /// Whether files are shown to anybody.
    pub fn is_on(&self) -> bool {
        !matches!(self, Scanning::Off)
    }

    pub(super) fn read(s: &mut Settings) -> Self {
        let is_on = s.flag("enable_virus_scan");
        let address = s.text("clamd_address");
        let stream_max = s.bytes("clamd_stream_max_length");
        let (patience, timeout) = (s.duration("clamd_patience"), s.duration("clamd_scan_timeout"));
        let at_once = s.number("clamd_at_once", 1..=1000);
        for (key, time) in [("clamd_patience", patience), ("clamd_scan_timeout", timeout)] {
            if time.is_zero() {
                s.fault(key, "leaves the scanner no time");
            }
        }
        match address.parse() {
            Ok(address) if is_on => Scanning::Clamd { address, stream_max, patience, timeout, at_once },
            Ok(_) => Scanning::Off,
            Err(fault) => {
                s.fault("clamd_address", fault);
                Scanning::Off
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_listens_on_a_port_or_a_socket() {
        let tcp = |text: &str| Ok(ClamdAddress::Tcp(text.to_owned()));
        let fault = || Err("is neither host:port nor the absolute path of a socket");
        for (text, address) in [
            ("clamd:3310", tcp("clamd:3310")),
            ("tcp://127.0.0.1:3310", tcp("127.0.0.1:3310")),
            ("[::1]:3310", tcp("[::1]:3310")),
            ("/run/clamav/clamd.ctl", Ok(ClamdAddress::Unix("/run/clamav/clamd.ctl".into()))),
            ("", fault()),
            ("clamd", fault()),
            (":3310", fault()),
            ("clamd:0", fault()),
            ("clamd:port", fault()),
            ("http://clamd:3310", fault()),
            ("run/clamd.ctl", fault()),
        ] {
            assert_eq!(text.parse(), address, "{text}");
        }
    }
}
