//! The ports, taken all or none.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use shared::{
    config::HttpConfig,
    program::{Inherited, on_this_machine},
};

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
    fn bind(name: &str, http: &HttpConfig, inherited: &mut Inherited) -> anyhow::Result<Self> {
        let listener = inherited.bind(http, name)?;
        let address = listener.local_addr().with_context(|| format!("the port of {name} has no address"))?;
        Ok(Self { listener, address })
    }

    /// Where to reach it from this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", on_this_machine(self.address))
    }
}

impl Ports {
    /// Takes them all. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// A sentence for each that is not to be had.
    pub fn bind(settings: &ProcessSettings) -> anyhow::Result<Self> {
        Self::take(settings, Inherited::default())
    }

    /// As [`Ports::bind`], with the sockets that were handed over in place of those of their services.
    ///
    /// # Errors
    /// Those too where a socket listens elsewhere than the settings say, or is for no service of this process.
    pub fn take(settings: &ProcessSettings, mut inherited: Inherited) -> anyhow::Result<Self> {
        let mut faults = Vec::new();
        let mut take = |name, http| {
            Port::bind(name, http, &mut inherited).map_err(|fault| faults.push(format!("{fault:#}"))).ok()
        };
        let services: Vec<_> = settings
            .services
            .iter()
            .filter_map(|configured| {
                let service = configured.service();
                Some((service, take(service.name(), &configured.common().http)?))
            })
            .collect();
        let gateway = settings.gateway().and_then(|http| take("helpdesk", http));
        faults.extend(inherited.all_taken().err().map(|fault| fault.to_string()));
        anyhow::ensure!(faults.is_empty(), faults.join("\n"));
        Ok(Self { services, gateway })
    }

    /// Where all of them listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.services.iter().map(|(_, port)| port).chain(&self.gateway).map(|port| port.address).collect()
    }

    /// The URL of a service on its own port, if it is in this process.
    #[must_use]
    pub fn url(&self, service: Service) -> Option<String> {
        self.services.iter().find(|(own, _)| *own == service).map(|(_, port)| port.url())
    }
}
