//! The server: its modules' routes, what surrounds them, and how it stops.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::KeepAlive;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;

use super::frame::{HEAD_DEADLINE, frame, threshold};
use super::missing::{RouteTable, missing};
use super::module::Module;
use super::site::{InFlight, Site};
use super::span::RequestSpan;
use super::{docs, document, health};
use crate::config::HttpConfig;
use crate::process::Process;
use crate::program;
use crate::workers::work_as;

/// For each worker. Beyond it new connections wait.
const CONNECTIONS: usize = 4096;
/// Long enough for a page's calls to share a connection, short enough not to hold back a stop.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long those who wait at a socket that was handed over go on waiting for the means to judge their tokens. Not for ever:
/// without auth there are none, and that is better said than kept.
const OPENS_WITHIN: Duration = Duration::from_secs(5);
/// How often it is looked at whether they are there.
const LOOK: Duration = Duration::from_millis(10);
/// How long nothing must have been in flight for a server to count as drained; the last answers are sent meanwhile.
const QUIET: Duration = Duration::from_millis(100);

/// Serves the modules until the process stops: then it says it is not ready, goes on answering for
/// `config.drain_delay`, takes no new connections, and finishes what it has within `config.drain`.
pub async fn serve(
    config: &HttpConfig,
    listener: TcpListener,
    name: &'static str,
    modules: Vec<Module>,
    process: &Process,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has no address")?;
    let outlived = program::is_inherited(&listener);
    let site = web::Data::new(site(config, name, modules, process)?);
    for module in &site.modules {
        let (guard, stop) = (module.guard.clone(), process.lifecycle.halting());
        process.lifecycle.spawn("token keys", async move {
            guard.keep_fresh(stop).await;
            Ok(())
        });
    }
    if outlived {
        let _ = tokio::time::timeout(OPENS_WITHIN, judges(&site.modules, process)).await;
    }
    let for_workers = site.clone();
    let newcomers = site.in_flight.clone();
    let workers = Arc::new(AtomicUsize::default());
    // Each worker makes its own app, on its own thread.
    let server = HttpServer::new(move || {
        work_as(workers.fetch_add(1, Ordering::Relaxed));
        let site = for_workers.clone();
        let app = App::new()
            .app_data(site.clone())
            .app_data(site.clock.clone())
            .configure(health::configure)
            .configure(docs::configure)
            .into_utoipa_app();
        let app = site.modules.iter().fold(app, |app, module| app.configure(|cfg| (module.configure)(cfg)));
        app.into_app()
            .default_service(web::to(missing))
            .wrap(from_fn(threshold))
            .wrap(Compress::default())
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(frame))
    })
    .on_connect(move |_, connection| {
        connection.insert(newcomers.expect());
    })
    // An answer's last piece would otherwise wait until the client has acknowledged the one before it: 40 ms, as a rule.
    .tcp_nodelay(true)
    .workers(config.workers.max(1))
    .max_connections(CONNECTIONS)
    .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
    .client_request_timeout(HEAD_DEADLINE)
    .client_disconnect_timeout(Duration::from_secs(1))
    .shutdown_timeout(config.drain.as_secs().max(1))
    .disable_signals()
    .listen(listener)
    .with_context(|| format!("cannot listen on {address}"))?
    .run();
    tracing::info!(service = name, %address, "serving");

    let handle = server.handle();
    let stopping = process.lifecycle.stopping();
    let draining = async {
        stopping.cancelled().await;
        tokio::time::sleep(config.drain_delay).await;
        let deadline = tokio::time::Instant::now() + config.drain.saturating_sub(config.drain_delay);
        if outlived {
            // Who connects from here on waits at the socket for the next process. Who was let in before is answered first:
            // a stop drops those whom no worker has looked at yet.
            handle.pause().await;
            let _ = tokio::time::timeout_at(deadline, quiet(&site.in_flight)).await;
        }
        // From here on no new connections, and the idle ones are closed. Actix looks once a second whether the last
        // one is gone; we need not wait for that once nothing is in flight.
        let graceful = handle.stop(true);
        tokio::select! {
            () = graceful => {}
            _ = tokio::time::timeout_at(deadline, quiet(&site.in_flight)) => {}
        }
    };
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => {
            ended.context("the HTTP server failed")?;
            anyhow::ensure!(process.lifecycle.stopping().is_cancelled(), "the HTTP server ended although nobody asked it to");
        }
        () = draining => {}
    }
    tracing::info!(service = name, %address, "served");
    Ok(())
}

fn site(
    config: &HttpConfig,
    service: &'static str,
    modules: Vec<Module>,
    process: &Process,
) -> anyhow::Result<Site> {
    let guard = modules.first().context("a server needs a module")?.guard.clone();
    let document = document::document(&format!("Helpdesk: {service}"), &modules);
    let origins: Result<Vec<_>, _> =
        config.cors_origins.iter().map(|origin| HeaderValue::from_str(origin)).collect();
    Ok(Site {
        service,
        guard,
        clock: process.clock.clone(),
        lifecycle: process.lifecycle.clone(),
        proxies: config.trusted_proxies.clone(),
        origins: origins.context("CORS_ORIGINS holds what cannot stand in a header")?,
        routes: RouteTable::of(&with_own_paths(&document)),
        document: serde_json::to_vec(&document)?.into(),
        in_flight: InFlight::default(),
        modules,
    })
}

/// The document does not describe itself, but its paths have methods too.
fn with_own_paths(document: &serde_json::Value) -> serde_json::Value {
    let mut document = document.clone();
    for path in ["/openapi.json", "/docs", "/docs/{file}*"] {
        document["paths"][path] = serde_json::json!({"get": {}});
    }
    document
}

/// Returns when every module can say who calls, or when the process stops.
async fn judges(modules: &[Module], process: &Process) {
    let stopping = process.lifecycle.stopping();
    while modules.iter().any(|module| module.guard.waiting_for().is_some()) && !stopping.is_cancelled() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Returns when nothing was in flight at any look for a moment: the busier the machine, the longer that takes.
async fn quiet(in_flight: &InFlight) {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut left = QUIET.as_millis() / PAUSE.as_millis();
    while left > 0 {
        tokio::time::sleep(PAUSE).await;
        left = if in_flight.count() > 0 { QUIET.as_millis() / PAUSE.as_millis() } else { left - 1 };
    }
}
