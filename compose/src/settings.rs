//! The settings of several services in one process.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use shared::config::{Common, EventBus, Fault, Faults, HttpConfig, Settings, Sources};

use crate::{
    ports::Ports,
    services::{Configured, Service},
};

/// The settings of one process with several services in it.
#[derive(Clone, Debug)]
pub struct ProcessSettings {
    /// What holds for the process as a whole; its port is the one with all routes.
    pub common: Common,
    /// The services in it, at least one.
    pub services: Vec<Configured>,
}

/// What the process reads its settings from: the given sources, with defaults that suit several services in one.
#[must_use]
pub fn sources(sources: Sources, chosen: &[Service]) -> Sources {
    // One HTTP thread and a few connections each: seven servers share this machine, and mostly do nothing.
    let sources = sources
        .default_to("workers", "1")
        .default_to("database_max_connections", "4")
        .default_to("database_background_connections", "3");
    if chosen.len() == Service::ALL.len() { sources.all_in_one() } else { sources }
}

impl ProcessSettings {
    /// Reads the settings of the chosen services and of the process.
    ///
    /// # Errors
    /// Everything that is wrong with any of them, each once.
    pub fn read(sources: &Sources, chosen: &[Service]) -> Result<Self, Faults> {
        let mut faults = Faults::new(Vec::new());
        let mut services = Vec::new();
        for service in chosen {
            match Configured::read(*service, sources) {
                Ok(configured) => services.push(configured),
                Err(found) => faults.extend(found),
            }
        }
        let mut settings = Settings::new("helpdesk", include_str!("../config.default.toml"), sources);
        let (host, port) =
            (settings.parse_or("host", IpAddr::V4(Ipv4Addr::LOCALHOST)), settings.number("port", 0..=65535));
        if let Err(found) = settings.finish(()) {
            faults.extend(found);
        }
        let Some(first) = services.first().filter(|_| faults.iter().next().is_none()) else {
            return Err(shared_by(faults, chosen.len()));
        };
        let mut common = first.common().clone();
        common.service = "helpdesk";
        common.telemetry.service = "helpdesk";
        (common.http.host, common.http.port) = (host, port);
        let read = Self { common, services };
        let faults = read.contradictions();
        if faults.iter().next().is_none() { Ok(read) } else { Err(faults) }
    }

    /// The same once it is known which ports were had: those that find each other by URL find these.
    ///
    /// # Errors
    /// As [`ProcessSettings::read`]; not in practice, since the same settings were read before.
    pub fn found_at(&self, sources: &Sources, ports: &Ports) -> Result<Self, Faults> {
        let chosen: Vec<_> = self.services.iter().map(Configured::service).collect();
        let mut sources = sources.clone();
        if let Some(gateway) = &ports.gateway {
            sources = sources.default_to("app_url", gateway.url());
        }
        for (service, port) in &ports.services {
            sources = sources.default_to(service.url_key(), port.url());
        }
        Self::read(&sources, &chosen)
    }

    /// The server with all routes on one origin, where all six services are.
    #[must_use]
    pub fn gateway(&self) -> Option<&HttpConfig> {
        (self.services.len() == Service::ALL.len()).then_some(&self.common.http)
    }

    /// Whether the data folder has to be this process's alone: all six are here and may keep anything in it. Services
    /// that run apart share what is embedded at their own wish, and production embeds nothing.
    #[must_use]
    pub fn owns_data_dir(&self) -> bool {
        self.gateway().is_some() && !self.common.is_production()
    }

    /// What is wrong although each service's settings are sound by themselves.
    fn contradictions(&self) -> Faults {
        let mut faults = Faults::new(Vec::new());
        let own = self.services.iter().map(|service| (service.service().name(), &service.common().http));
        let mut taken: BTreeMap<(IpAddr, u16), &str> = BTreeMap::new();
        for (name, http) in
            own.chain(self.gateway().map(|http| ("helpdesk", http))).filter(|(_, http)| http.port != 0)
        {
            if let Some(other) = taken.insert((http.host, http.port), name) {
                let key = format!("{}_PORT", name.to_ascii_uppercase());
                faults.extend(Faults::one(name, key, format!("is {}, and so is that of {other}", http.port)));
            }
        }
        for service in &self.services {
            if service.common().events.bus == EventBus::Local && self.gateway().is_none() {
                let what = "is local, which reaches no further than this process, and not all six services are in it: \
                            set NATS_URL";
                faults.extend(Faults::one(service.service().name(), "EVENTS", what));
            }
            if service.common().events.bus != self.common.events.bus {
                let what = "is not the same for all services of this process";
                faults.extend(Faults::one(service.service().name(), "EVENTS", what));
            }
        }
        faults
    }
}

/// What every one of the services finds wrong stands once, where the first of them said it.
fn shared_by(faults: Faults, services: usize) -> Faults {
    let alike = |one: &Fault| {
        faults.iter().filter(|other| (&one.key, &one.what) == (&other.key, &other.what)).count()
    };
    let told = faults.iter().map(|fault| match alike(fault) {
        count if count > 1 && count >= services => {
            Fault { scope: "all services".to_owned(), ..fault.clone() }
        }
        _ => fault.clone(),
    });
    Faults::new(told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(environment: &[(&str, &str)], chosen: &[Service]) -> String {
        let given =
            environment.iter().fold(Sources::of("", []), |sources, (key, value)| sources.with(key, *value));
        ProcessSettings::read(&sources(given, chosen), chosen)
            .map_or_else(|faults| faults.to_string(), |_| String::new())
    }

    #[test]
    fn the_defaults_of_all_six_are_sound_together() {
        assert_eq!(faults(&[], &Service::ALL), "");
    }

    #[test]
    fn the_faults_of_all_services_come_at_once_and_each_once() {
        let told = faults(
            &[("TICKETS_DATABASE_URL", "mysql://x/y"), ("AUDIT_PORT", "many"), ("DRAIN_TIMEOUT", "soon")],
            &Service::ALL,
        );
        assert!(told.contains("tickets: TICKETS_DATABASE_URL: "), "{told}");
        assert!(told.contains("audit: AUDIT_PORT: “many” is not a number from 0 to 65535"), "{told}");
        assert!(told.contains("all services: DRAIN_TIMEOUT: “soon” is not a duration"), "{told}");
        assert_eq!(told.matches("DRAIN_TIMEOUT").count(), 1, "{told}");
    }

    #[test]
    fn two_servers_on_one_port_are_a_fault_in_words() {
        let told = faults(&[("FILES_PORT", "3003")], &Service::ALL);
        assert_eq!(told, "files: FILES_PORT: is 3003, and so is that of tickets");
        let told = faults(&[("HELPDESK_PORT", "3001")], &Service::ALL);
        assert_eq!(told, "helpdesk: HELPDESK_PORT: is 3001, and so is that of auth");
    }

    #[test]
    fn some_services_alone_want_a_bus_that_reaches_the_others() {
        let told = faults(&[], &[Service::Tickets]);
        assert!(told.starts_with("tickets: EVENTS: is local, "), "{told}");
        assert_eq!(faults(&[("NATS_URL", "nats://127.0.0.1:4222")], &[Service::Tickets]), "");
    }
}
