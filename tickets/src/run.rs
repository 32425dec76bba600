//! The composition root: the only place where the rooms are wired to each other and to the world.

use std::net::TcpListener;

use shared::auth::TokenVerifier;
use shared::bus::Bus;
use shared::cache::Cache;
use shared::db::Db;
use shared::http::{Module, serve};
use shared::process::Process;

use crate::consumers::Tickets;
use crate::service::{App, Timers};
use crate::{Config, measures, routes};

/// Opens what the service needs, starts its background tasks, and gives its routes.
///
/// # Errors
/// Whatever keeps it from starting, in words.
pub async fn start(config: &Config, process: &Process) -> anyhow::Result<Module> {
    let common = &config.common;
    let db = Db::open(&common.database, process.clock.clone()).await?;
    process.lifecycle.close_at_the_end(&db);
    shared::migrate::<migrations::tickets::Migrator>(&db, &common.database).await?;

    let bus = Bus::open("tickets", &common.events, process).await?;
    measures::begin();
    bus.relay(db.background());
    bus.follow_revocations();
    let cache = Cache::open(&common.cache, "tickets")?;
    let app = App::new(db.clone(), cache, process.clock.clone(), config.rules.clone());
    bus.subscribe(Tickets::durable()?, db.background(), Tickets::new(app.clone()))?;
    let timers = Timers::new(app.clone(), db.background(), config.timer_poll);
    process.lifecycle.spawn("ticket timers", timers.run(process.lifecycle.halting()));

    let guard = TokenVerifier::new(&common.tokens, process.revocations.clone(), process.clock.clone());
    let module = Module::new("tickets", guard, move |routes| routes::configure(routes, app.clone()));
    Ok(module.check("database", db.check()).check("events", bus.check()))
}

/// Runs the service by itself on `listener`, until the process is asked to stop.
///
/// # Errors
/// Whatever keeps it from starting, or ended it early.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "tickets", vec![module], process).await
}
