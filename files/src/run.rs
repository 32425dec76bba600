//! The composition root: the only place where the rooms are wired to each other and to the world.

use std::net::TcpListener;

use shared::auth::TokenVerifier;
use shared::blobs::Spool;
use shared::bus::Bus;
use shared::db::Db;
use shared::http::client::{ClientSettings, ServiceClient};
use shared::http::{Check, Module, serve};
use shared::process::Process;

use crate::buckets::Buckets;
use crate::consumers::Files;
use crate::scanner::Scanner;
use crate::service::{self, App};
use crate::{Config, measures, routes};

/// Opens what the service needs, starts its background tasks, and gives its routes.
///
/// # Errors
/// Whatever keeps it from starting, in words.
pub async fn start(config: &Config, process: &Process) -> anyhow::Result<Module> {
    let common = &config.common;
    let db = Db::open(&common.database, process.clock.clone()).await?;
    process.lifecycle.close_at_the_end(&db);
    shared::migrate::<migrations::files::Migrator>(&db, &common.database).await?;
    let spool = Spool::open(&config.uploads.directory)?;
    let buckets = Buckets::open(&config.storage, &process.lifecycle).await?;

    let bus = Bus::open("files", &common.events, process).await?;
    measures::begin();
    bus.relay(db.background());
    bus.follow_revocations();
    bus.subscribe(Files::durable()?, db.background(), Files)?;
    process.lifecycle.spawn(
        "sweeper of objects without a row",
        service::sweep(
            db.background(),
            buckets.clone(),
            process.clock.clone(),
            config.uploads.clone(),
            process.lifecycle.halting(),
        ),
    );

    let guard = TokenVerifier::new(&common.tokens, process.revocations.clone(), process.clock.clone());
    let tickets = ServiceClient::new("tickets", &config.ticket_service_url, ClientSettings::default());
    let storage = buckets.clone();
    let scanner = Scanner::of(&config.scanning);
    let looked_at = scanner.clone();
    let app = App::new(db.clone(), process.clock.clone(), buckets, spool, tickets, scanner, config);
    let module = Module::new("files", guard, move |routes| routes::configure(routes, app.clone()));
    let storage = Check::wanted(move || {
        let storage = storage.clone();
        async move { storage.look().await.map_err(|_| "the buckets do not answer".to_owned()) }
    });
    let scanner = Check::wanted(move || {
        let scanner = looked_at.clone();
        async move { scanner.look().await.map_err(|_| "the virus scanner does not answer".to_owned()) }
    });
    let module = module.check("database", db.check()).check("events", bus.check()).check("storage", storage);
    Ok(if config.scanning.is_on() { module.check("scanner", scanner) } else { module })
}

/// Runs the service by itself on `listener`, until the process is asked to stop.
///
/// # Errors
/// Whatever keeps it from starting, or ended it early.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "files", vec![module], process).await
}
