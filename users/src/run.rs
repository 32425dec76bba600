//! The composition root: the only place where the rooms are wired to each other and to the world.

use std::net::TcpListener;

use shared::auth::TokenVerifier;
use shared::bus::Bus;
use shared::cache::Cache;
use shared::db::Db;
use shared::http::{Check, Module, serve};
use shared::process::Process;

use crate::consumers::Users;
use crate::service::{App, shelf};
use crate::store::{self, Shelf};
use crate::{Config, routes};

/// Opens what the service needs, starts its background tasks, and gives its routes.
///
/// # Errors
/// Whatever keeps it from starting, in words.
pub async fn start(config: &Config, process: &Process) -> anyhow::Result<Module> {
    let common = &config.common;
    let db = Db::open(&common.database, process.clock.clone()).await?;
    process.lifecycle.close_at_the_end(&db);
    shared::migrate::<migrations::users::Migrator>(&db, &common.database).await?;
    let made_findable = store::fill_search(&db.background()).await?;
    if made_findable > 0 {
        tracing::info!(made_findable, "profiles from before there was a search can be found now");
    }

    let cache = Cache::open(&common.cache, "users")?;
    let shelf = Shelf::new(cache.clone());
    shelf::keep_up(shelf.clone(), db.background(), process);

    let bus = Bus::open("users", &common.events, process).await?;
    bus.relay(db.background());
    bus.follow_revocations();
    bus.subscribe(Users::durable()?, db.background(), Users::new(shelf.clone()))?;

    let guard = TokenVerifier::new(&common.tokens, process.revocations.clone(), process.clock.clone());
    let app = App::new(db.clone(), shelf, &config.peers);
    let module = Module::new("users", guard, move |routes| routes::configure(routes, app.clone()));
    let ask = move || {
        let cache = cache.clone();
        async move { cache.ping().await.map_err(|_| "the cache is away".to_owned()) }
    };
    Ok(module.check("database", db.check()).check("events", bus.check()).check("cache", Check::wanted(ask)))
}

/// Runs the service by itself on `listener`, until the process is asked to stop.
///
/// # Errors
/// Whatever keeps it from starting, or ended it early.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "users", vec![module], process).await
}
