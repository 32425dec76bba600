//! The composition root: the only place where the rooms are wired to each other and to the world.

use std::net::TcpListener;

use shared::{
    bus::Bus,
    clock::Clock,
    config::EventBus,
    db::Db,
    http::{Check, Module, serve},
    process::Process,
};

use crate::{
    Config, measures, routes,
    service::{App, first_admin},
};

/// Opens what the service needs, starts its background tasks, and gives its routes.
///
/// # Errors
/// Whatever keeps it from starting, in words.
pub async fn start(config: &Config, process: &Process) -> anyhow::Result<Module> {
    let common = &config.common;
    let db = open(config, &process.clock).await?;
    process.lifecycle.close_at_the_end(&db);
    first_admin(&db, config, false).await?;
    let app = App::open(config, db.clone(), process.revocations.clone()).await?;

    app.remember_ended_sessions().await?;
    let bus = Bus::open("auth", &common.events, process).await?;
    if common.events.bus == EventBus::Local {
        // There is no feed to catch up with: whoever ends sessions is this very process, and remembers.
        process.revocations.set_loaded();
    }
    bus.follow_revocations();
    measures::begin();
    bus.relay(db.background());
    app.mail_reset_links(process);
    app.write_down_seen(process);
    app.keep_house(process);

    let (guard, cache) = (app.guard(), app.cache());
    let module = Module::new("auth", guard, move |routes| routes::configure(routes, app.clone()));
    let away = |_| "the cache is away".to_owned();
    let ask = move || {
        let cache = cache.clone();
        async move { cache.ping().await.map_err(away) }
    };
    Ok(module.check("database", db.check()).check("events", bus.check()).check("cache", Check::wanted(ask)))
}

/// Runs the service by itself on `listener`, until the process is asked to stop.
///
/// # Errors
/// Whatever keeps it from starting, or ended it early.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "auth", vec![module], process).await
}

/// The database, up to date.
pub(crate) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Db> {
    let database = &config.common.database;
    let db = Db::open(database, clock.clone()).await?;
    shared::migrate::migrate::<migrations::auth::Migrator>(&db, database).await?;
    Ok(db)
}
