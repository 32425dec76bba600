use std::{net::TcpListener, sync::Arc};

use shared::{
    auth::TokenVerifier,
    bus::{Bus, Durable},
    db::Db,
    http::{Module, serve},
    process::Process,
};

use crate::{
    Config, consumers, routes,
    service::{self, App},
};

/// Puts audit together and sets its consumer and its feed to work; what it answers over HTTP is the module.
///
/// # Errors
/// When the database cannot be opened or brought up to date, or a setting cannot work.
pub async fn start(config: &Config, process: &Process) -> anyhow::Result<Module> {
    let common = &config.common;
    let db = Db::open(&common.database, process.clock.clone()).await?;
    process.lifecycle.close_at_the_end(&db);
    shared::migrate::<migrations::audit::Migrator>(&db, &common.database).await?;
    let bus = Bus::open("audit", &common.events, process).await?;
    let guard = TokenVerifier::new(&common.tokens, process.revocations.clone(), process.clock.clone());
    let rules = Arc::new(config.rules.clone());
    let app = App::new(db.clone(), process, config.feed_streams, rules.clone());
    bus.relay(db.background());
    bus.follow_revocations();
    bus.subscribe(
        Durable::new("audit", include_str!("../../nats/consumers/audit.json"))?,
        db.background(),
        consumers::Trail::new(app.recorder()),
    )?;
    app.feed().announce(db.background(), &process.lifecycle);
    process.lifecycle.spawn(
        "sweeper of what the rules count",
        service::sweep(db.background(), rules, process.clock.clone(), process.lifecycle.halting()),
    );
    Ok(Module::new("audit", guard, move |cfg| routes::configure(cfg, app.clone()))
        .check("database", db.check())
        .check("events", bus.check()))
}

/// Serves audit until the process is to stop.
///
/// # Errors
/// When it cannot start, or the listener fails.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "audit", vec![module], process).await
}
