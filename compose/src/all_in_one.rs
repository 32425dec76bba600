//! Several services in one process: how they start, and how they are served.

use futures_util::future::{join_all, try_join_all};
use shared::{
    config::EventBus,
    http::{Module, serve},
    process::Process,
};

use crate::{
    ports::Ports,
    services::{Configured, Service},
    settings::ProcessSettings,
};

/// Starts the services, side by side. When it returns, every consumer has subscribed and events flow.
///
/// `newcomer` is told of the first administrator when one was made with a password that was made up: nobody can ask for
/// it a second time, so it is told even where a service then fails to start.
///
/// # Errors
/// The first service's that cannot start.
pub async fn start(
    settings: &ProcessSettings,
    process: &Process,
    newcomer: impl FnOnce(auth::GeneratedAdmin),
) -> anyhow::Result<Vec<Module>> {
    // auth's database is brought up first, for the administrator; the other five need not wait for that.
    let first_admin = async {
        for service in &settings.services {
            if let Configured::Auth(config) = service {
                let generate = !settings.common.is_production();
                if let Some(admin) = auth::ensure_first_admin(config, &process.clock, generate).await? {
                    newcomer(admin);
                }
                return service.start(process).await.map(Some);
            }
        }
        anyhow::Ok(None)
    };
    let others = settings.services.iter().filter(|service| service.service() != Service::Auth);
    let others = try_join_all(others.map(|service| service.start(process)));
    let (auth, others) = tokio::join!(first_admin, others);
    let modules = auth?.into_iter().chain(others?).collect();
    if settings.common.events.bus == EventBus::Local {
        // Before this the relays hold their events: one handed to some consumers only would be lost to the others.
        process.local.open();
        // auth has told of the sessions that were revoked before; from now on the bus does.
        process.revocations.set_loaded();
    }
    Ok(modules)
}

/// Serves each service on its port, and all of them on the gateway's, until the process stops.
///
/// # Errors
/// When a server fails; the others are stopped with it.
pub async fn serve_all(
    settings: &ProcessSettings,
    modules: Vec<Module>,
    ports: Ports,
    process: &Process,
) -> anyhow::Result<()> {
    let mut servers = Vec::new();
    for (service, port) in ports.services {
        let configured = settings.services.iter().find(|configured| configured.service() == service);
        let module = modules.iter().find(|module| module.name == service.name());
        if let (Some(configured), Some(module)) = (configured, module) {
            servers.push((&configured.common().http, port.listener, service.name(), vec![module.clone()]));
        }
    }
    if let Some(gateway) = ports.gateway {
        servers.push((&settings.common.http, gateway.listener, "helpdesk", modules));
    }
    let serving = servers.into_iter().map(|(http, listener, name, modules)| async move {
        let ended = serve(http, listener, name, modules, process).await;
        if ended.is_err() {
            process.lifecycle.begin_stop();
        }
        ended
    });
    join_all(serving).await.into_iter().collect()
}

/// [`start`], then [`serve_all`].
///
/// # Errors
/// As those.
pub async fn run(settings: &ProcessSettings, ports: Ports, process: &Process) -> anyhow::Result<()> {
    let modules = start(settings, process, |_| ()).await?;
    serve_all(settings, modules, ports, process).await
}
