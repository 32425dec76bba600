//! What is printed once everything runs.

use std::{fmt::Write, time::Duration};

use auth::GeneratedAdmin;
use shared::config::EventBus;

use crate::{
    ports::Ports,
    services::{Configured, Service},
    settings::ProcessSettings,
};

/// Where a process listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    services: Vec<(Service, String)>,
    gateway: Option<String>,
}

impl Addresses {
    /// Those of these ports.
    #[must_use]
    pub fn of(ports: &Ports) -> Self {
        Self {
            services: ports.services.iter().map(|(service, port)| (*service, port.url())).collect(),
            gateway: ports.gateway.as_ref().map(super::ports::Port::url),
        }
    }

    /// The one to begin with.
    #[must_use]
    pub fn entrance(&self) -> &str {
        let first = self.services.first().map(|(_, url)| url.as_str());
        self.gateway.as_deref().or(first).unwrap_or_default()
    }
}

/// What a person wants to know once everything runs.
#[must_use]
pub fn banner(
    settings: &ProcessSettings,
    addresses: &Addresses,
    newcomer: Option<&GeneratedAdmin>,
    took: Duration,
) -> String {
    let mut text = format!(
        "\n  Helpdesk {} is ready, after {:.1} s.\n\n",
        env!("CARGO_PKG_VERSION"),
        took.as_secs_f64(),
    );
    match &addresses.gateway {
        Some(url) => text.push_str(&format!("  Everything       {url}\n  Documentation    {url}/docs\n\n")),
        None => text.push_str("  Each has its documentation under /docs.\n\n"),
    }
    let at: Vec<_> = addresses.services.iter().map(|(service, url)| (service.name(), url.as_str())).collect();
    text.push_str(&table(settings, &at));
    text.push('\n');
    text.push_str(&places(settings));
    if let Some(admin) = newcomer {
        text.push_str(&administrator(admin));
    }
    text.push('\n');
    text
}

/// The administrator that was made, with the password that was made up.
#[must_use]
pub fn administrator(admin: &GeneratedAdmin) -> String {
    format!(
        "\n  The first administrator was made. The password is shown this once:\n\n    {}\n    {}\n",
        admin.email,
        admin.password.expose(),
    )
}

/// Each service, its address, its database.
pub(crate) fn table(settings: &ProcessSettings, addresses: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for service in &settings.services {
        let name = service.service().name();
        let address = addresses.iter().find(|(own, _)| *own == name).map_or("", |(_, url)| url);
        let _ = writeln!(text, "  {name:<16} {address:<24} {}", service.common().database.redacted());
    }
    text
}

/// Where events, mail, files and the rest go, without secrets.
pub(crate) fn places(settings: &ProcessSettings) -> String {
    let common = &settings.common;
    let events = match common.events.bus {
        EventBus::Local => "within this process".to_owned(),
        EventBus::JetStream => format!("NATS JetStream, {}", common.events.redacted()),
    };
    let mut rows = vec![("Events", events), ("Cache", common.cache.redacted())];
    for service in &settings.services {
        match service {
            Configured::Notifications(config) => rows.push(("Mail", mail(config))),
            Configured::Files(config) => rows.push(("Files", files(config))),
            _ => {}
        }
    }
    let data = match std::path::absolute(&common.data_dir) {
        Ok(folder) => folder.display().to_string(),
        Err(_) => common.data_dir.display().to_string(),
    };
    rows.push(("Data folder", data));
    rows.into_iter().fold(String::new(), |text, (name, place)| text + &format!("  {name:<16} {place}\n"))
}

fn mail(config: &notifications::Config) -> String {
    match &config.smtp_url {
        Some(url) => shared::config::redacted(url.expose()),
        None => format!("files in {}", config.common.data_dir.join("mail").display()),
    }
}

fn files(config: &files::Config) -> String {
    match &config.storage.s3.server {
        shared::blobs::S3Server::Embedded { directory } => format!("in {}", directory.display()),
        shared::blobs::S3Server::At { endpoint, .. } => {
            format!("S3, {}, bucket {}", shared::config::redacted(endpoint), config.storage.tickets_bucket)
        }
    }
}
