//! The ports, taken all or none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use anyhow::Context;
use shared::{config::HttpConfig, program};

use crate::{services::Service, settings::ProcessSettings};

/// A port that was had.
#[derive(Debug)]
pub struct Port {
    /// What listens on it.
    pub listener: TcpListener,
    /// Where that is.
    pub address: SocketAddr,
}

/// The ports of a process: all of them or none, before anything else is touched.
#[derive(Debug)]
pub struct Ports {
    /// Each service's own.
    pub services: Vec<(Service, Port)>,
    /// All routes on one origin; there where all six services are.
    pub gateway: Option<Port>,
}

impl Port {
    fn bind(name: &str, http: &HttpConfig) -> anyhow::Result<Self> {
        let listener = program::bind(http, name)?;
        let address = listener.local_addr().with_context(|| format!("the port of {name} has no address"))?;
        Ok(Self { listener, address })
    }

    /// Where to reach it from this machine.
    #[must_use]
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(host, self.address.port()))
    }
}

impl Ports {
    /// Takes them all. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// A sentence for each that is not to be had.
    pub fn bind(settings: &ProcessSettings) -> anyhow::Result<Self> {
        let mut faults = Vec::new();
        let mut take =
            |name, http| Port::bind(name, http).map_err(|fault| faults.push(format!("{fault:#}"))).ok();
        let services: Vec<_> = settings
            .services
            .iter()
            .filter_map(|configured| {
                let service = configured.service();
                Some((service, take(service.name(), &configured.common().http)?))
            })
            .collect();
        let gateway = settings.gateway().and_then(|http| take("helpdesk", http));
        anyhow::ensure!(faults.is_empty(), faults.join("\n"));
        Ok(Self { services, gateway })
    }

    /// The URL of a service on its own port, if it is in this process.
    #[must_use]
    pub fn url(&self, service: Service) -> Option<String> {
        self.services.iter().find(|(own, _)| *own == service).map(|(_, port)| port.url())
    }
}
