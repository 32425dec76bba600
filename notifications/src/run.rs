use std::{net::TcpListener, sync::Arc};

use anyhow::Context;
use shared::{
    auth::TokenVerifier,
    bus::Bus,
    cache::Cache,
    db::Db,
    http::{Check, Module, serve},
    process::Process,
};

use crate::{
    Config, WorkerConfig,
    consumers::{self, Commands, Events},
    gateway::{Gateway, GatewayConfig},
    mail::{DirectoryMailer, Links, Mailer, SmtpMailer},
    measures, routes,
    service::{App, Post, Queue, Setup, Templates, Worker},
};

/// Starts the service's background work and answers what it serves: the composition root.
///
/// # Errors
/// In words, when something that cannot pass by itself is wrong.
pub async fn start(config: &Config, process: &Process) -> anyhow::Result<Module> {
    let common = &config.common;
    let db = Db::open(&common.database, process.clock.clone()).await?;
    process.lifecycle.close_at_the_end(&db);
    shared::migrate::<migrations::notifications::Migrator>(&db, &common.database).await?;
    let bus = Bus::open("notifications", &common.events, process).await?;
    let guard = TokenVerifier::new(&common.tokens, process.revocations.clone(), process.clock.clone());
    let post = Arc::new(Post {
        mailer: mailer(config)?,
        sms: gateway(config.sms.as_ref(), config, process)?,
        push: gateway(config.push.as_ref(), config, process)?,
    });
    let setup = Setup {
        templates: Templates::built_in().context("a built-in template does not compile")?,
        links: Links::new(config.app_url.clone()),
        default_language: config.default_language,
        queue: Queue::new(Cache::open(&common.cache, "notifications")?),
        gateways: post.channels(),
        stream_limit: config.stream_limit,
    };
    let app = App::new(db.clone(), process, setup);
    app.refresh_templates(&db.background()).await?;

    measures::begin();
    bus.relay(db.background());
    bus.follow_revocations();
    bus.subscribe(consumers::events_durable()?, db.background(), Events(app.clone()))?;
    bus.subscribe(consumers::commands_durable()?, db.background(), Commands(app.clone()))?;
    app.follow_templates(db.background(), &process.lifecycle);
    app.announce(db.background(), &process.lifecycle);
    let worker = Worker::new(app.clone(), db.background(), post.clone(), config.worker);
    process.lifecycle.spawn("mail worker", worker.run(process.lifecycle.halting()));

    Ok(Module::new("notifications", guard, move |cfg| routes::configure(cfg, app.clone()))
        .check("database", db.check())
        .check("events", bus.check())
        .check("mail", Check::wanted(move || check(post.clone()))))
}

/// Serves until the process stops.
///
/// # Errors
/// When the start fails, or the server does.
pub async fn run(config: Config, listener: TcpListener, process: &Process) -> anyhow::Result<()> {
    let module = start(&config, process).await?;
    serve(&config.common.http, listener, "notifications", vec![module], process).await
}

async fn check(post: Arc<Post>) -> Result<(), String> {
    post.mailer.check().await
}

fn gateway(
    wanted: Option<&GatewayConfig>,
    config: &Config,
    process: &Process,
) -> anyhow::Result<Option<Gateway>> {
    let open =
        |wanted: &GatewayConfig| Gateway::new(wanted.clone(), config.worker.timeout, process.clock.clone());
    wanted.map(open).transpose()
}

fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    let letterhead = config.letterhead.clone();
    Ok(match &config.smtp_url {
        Some(url) => {
            let WorkerConfig { concurrency, timeout, .. } = config.worker;
            let smtp = SmtpMailer::new(url.expose(), concurrency, timeout, letterhead);
            Mailer::Smtp(smtp.map_err(|fault| anyhow::anyhow!("notifications: SMTP_URL: {fault}"))?)
        }
        None => {
            let folder = config.common.data_dir.join("mail");
            let shown = folder.display().to_string();
            let directory = DirectoryMailer::new(folder, letterhead);
            Mailer::Directory(
                directory.with_context(|| format!("the folder for mails {shown} cannot be made"))?,
            )
        }
    })
}
