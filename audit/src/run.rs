use std::{net::TcpListener, sync::Arc};

use shared::{
    auth::TokenVerifier,
    blobs::{Blobs, Spool},
    bus::{Bus, Durable},
    db::Db,
    http::{Check, Module, serve},
    process::Process,
    vault::{derive, secret_of_data_folder},
};

use crate::{
    Config,
    domain::Signer,
    routes,
    service::{self, App, Archiver, Reconciler, ReportMails},
};

/// Puts audit together and sets its consumer, its reconciler and its feed to work; what it answers over HTTP is the module.
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
    let secret = match &config.secret {
        Some(secret) => secret.clone(),
        None => secret_of_data_folder(&common.data_dir, "audit", "secret")?,
    };
    let signer = Signer::of(&derive(&secret, "audit", "checkpoints")).after(config.former_keys.clone());
    let rules = Arc::new(config.rules.clone());
    let mut archiver = None;
    let mut app = App::new(db.clone(), process, signer, config.feed_streams, rules.clone())
        .keeping_answers(config.answers_kept);
    let mut checks = vec![("database", db.check()), ("events", bus.check())];
    if let Some(retention) = &config.retention {
        let names = [retention.bucket.as_str()];
        let [bucket] = Blobs::open("audit", &retention.storage, names, &process.lifecycle).await?;
        app = app.with_archives(bucket.clone());
        let looked_at = bucket.clone();
        let check = Check::wanted(move || {
            let bucket = looked_at.clone();
            async move { bucket.look().await.map_err(|_| "the bucket does not answer".to_owned()) }
        });
        checks.push(("archives", check));
        archiver = Some(Archiver {
            bucket,
            spool: Spool::open(&retention.spool)?,
            keep: retention.keep,
            every: retention.every,
            rows: retention.rows,
            app: app.clone(),
        });
    }
    app.found().await?;
    if let Some(archiver) = archiver {
        process.lifecycle.spawn("audit archives", archiver.run(process.lifecycle.halting()));
    }
    bus.relay(db.background());
    bus.follow_revocations();
    let durable = Durable::new("audit", include_str!("../../nats/consumers/audit.json"))?;
    bus.subscribe(durable.clone(), db.background(), app.recorder())?;
    let every = config.reconcile_interval;
    let reconciler =
        Reconciler::new(db.background(), bus.clone(), durable.clone(), process.clock.clone(), every);
    process.lifecycle.spawn("audit reconciler", reconciler.run(process.lifecycle.halting()));
    if !config.report_mails.is_empty() {
        let every = config.report_mail_poll;
        let mails = ReportMails::new(app.clone(), bus.clone(), durable, config.report_mails.clone(), every);
        process.lifecycle.spawn("audit report mails", mails.run(process.lifecycle.halting()));
    }
    app.keep_rebuilding(&process.lifecycle);
    app.keep_checkpoints(config.checkpoint_interval, &process.lifecycle);
    app.feed().announce(db.background(), &process.lifecycle);
    process.lifecycle.spawn(
        "sweeper of what the rules count",
        service::sweep(db.background(), rules, process.clock.clone(), process.lifecycle.halting()),
    );
    let module = Module::new("audit", guard, move |cfg| routes::configure(cfg, app.clone()));
    Ok(checks.into_iter().fold(module, |module, (name, check)| module.check(name, check)))
}

/// Serves audit until the process is to stop.
///
/// # Errors
/// When it cannot start, or the listener fails.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "audit", vec![module], process).await
}
