//! What tests stand on: a world of one's own with private databases, streams and cache keys, real services on free
//! ports, callers with signed tokens. Nothing in it stands in for a part of ours.

mod backends;
mod deliveries;
mod issuer;

use std::{
    future::Future,
    net::TcpListener,
    sync::{Mutex, PoisonError, atomic::AtomicI64},
    time::{Duration, Instant},
};

use sea_orm::ConnectionTrait;

pub use self::backends::published;
use self::{backends::Backends, issuer::Issuer};
use crate::{
    auth::{Caller, Role},
    bus::Bus,
    clock::{Clock, Timestamp},
    config::{Common, Settings, Sources},
    db::Db,
    events::Envelope,
    ids::{SessionId, UserId},
    process::Process,
};

/// How long a condition may take to come true. The longest wait by design is for what a killed consumer had fetched: 30 s until
/// JetStream gives it to another.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everything around the services of one test. Dropped, it stops them, and fails the test when events were left
/// unpublished.
pub struct World {
    backends: Backends,
    process: Process,
    issuer: Issuer,
    data: tempfile::TempDir,
    databases: Mutex<Vec<Db>>,
    servers: Mutex<Vec<tokio::task::JoinHandle<()>>>,
    sequence: AtomicI64,
    keeps_events: bool,
}

/// Somebody with a valid token, signed by the world's own key.
#[derive(Clone, Debug)]
pub struct TestCaller {
    /// Who.
    pub id: UserId,
    /// Their session.
    pub session_id: SessionId,
    /// Their address.
    pub email: String,
    /// The bearer token.
    pub token: String,
}

impl World {
    /// A world on the embedded backends, or on those that `TEST_DATABASE_URL`, `TEST_NATS_URL` and `TEST_REDIS_URL`
    /// name. To be called in a `#[tokio::test(flavor = "multi_thread")]`.
    pub async fn start() -> Self {
        Self::with_clock(Clock::system()).await
    }

    /// A world whose time stands still at `now` until [`Clock::advance`].
    pub async fn at(now: Timestamp) -> Self {
        Self::with_clock(Clock::fixed(now)).await
    }

    async fn with_clock(clock: Clock) -> Self {
        let process = Process::new(clock.clone());
        // The world issues the tokens itself and revokes none behind anybody's back.
        process.revocations.set_loaded();
        Self {
            backends: Backends::from_environment(),
            process,
            issuer: Issuer::start(clock).await,
            data: tempfile::tempdir().expect("a temporary directory can be made"),
            databases: Mutex::default(),
            servers: Mutex::default(),
            sequence: AtomicI64::new(0),
            keeps_events: false,
        }
    }

    /// Says that this test leaves events behind on purpose.
    #[must_use]
    pub fn keeping_events(mut self) -> Self {
        self.keeps_events = true;
        self
    }

    /// Whether it runs on the embedded backends.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.backends.nats_url.is_none()
    }

    /// The process that the services of this world share.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The time in this world.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.process.clock
    }

    /// Where the embedded backends keep their files.
    #[must_use]
    pub fn data_dir(&self) -> &std::path::Path {
        self.data.path()
    }

    /// The settings for a service, whose private database is made on the way.
    pub async fn sources(&self, service: &'static str) -> Sources {
        let data_dir = self.data.path().to_string_lossy().into_owned();
        let mut sources =
            Sources::of("", [("PORT", "0"), ("WORKERS", "1"), ("HELPDESK_DATA_DIR", data_dir.as_str())])
                .with("AUTH_SERVICE_URL", &self.issuer.url)
                .with("CACHE_PREFIX", &self.backends.namespace);
        if service != "world"
            && let Some(url) = self.backends.database(service).await
        {
            sources = sources.with("DATABASE_URL", &url);
        }
        if let Some(url) = &self.backends.nats_url {
            sources = sources.with("NATS_URL", url).with("NATS_NAMESPACE", &self.backends.namespace);
        }
        if let Some(url) = &self.backends.redis_url {
            // What is slower would be taken for away, as on a machine with too much to do.
            sources = sources.with("REDIS_URL", url).with("REDIS_TIMEOUT", "20s");
        }
        sources
    }

    /// The settings that all services have in common, for a part of the house that is tested without a service.
    pub async fn common(&self, service: &'static str) -> Common {
        let sources = self.sources(service).await;
        let mut settings = Settings::new(service, "port = 0", &sources);
        let common = Common::read(&mut settings);
        settings.finish(common).expect("the world's settings are sound")
    }

    /// A database of this world, its tables made, for a part of the house that is tested without a service.
    pub async fn open<M: sea_orm_migration::MigratorTrait>(&self, service: &'static str) -> Db {
        let common = self.common(service).await;
        let db =
            Db::open(&common.database, self.process.clock.clone()).await.expect("the database can be opened");
        crate::migrate::migrate::<M>(&db, &common.database).await.expect("the tables can be made");
        locked(&self.databases).push(db.clone());
        db
    }

    /// A bus of this world, as a service would open it.
    pub async fn bus(&self, service: &'static str) -> Bus {
        let common = self.common(service).await;
        Bus::open(service, &common.events, &self.process).await.expect("the bus can be opened")
    }

    /// Starts a service on a free port and waits until it is ready; its base URL.
    pub async fn serve<F>(&self, common: &Common, run: impl FnOnce(TcpListener, Process) -> F) -> String
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let service = run(listener, self.process.clone());
        let lifecycle = self.process.lifecycle.clone();
        #[allow(
            clippy::disallowed_methods,
            reason = "the harness must see the service end, not be ended by it"
        )]
        let server = tokio::spawn(async move {
            if let Err(error) = service.await {
                lifecycle.fail(format!("{error:#}"));
            }
        });
        locked(&self.servers).push(server);
        self.until(&format!("{} is ready", common.service), || async {
            assert_eq!(self.process.lifecycle.failure(), None, "{} did not start", common.service);
            reqwest::get(format!("{url}/ready")).await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        self.process.local.open();
        let db =
            Db::open(&common.database, self.process.clock.clone()).await.expect("the service could open it");
        locked(&self.databases).push(db);
        url
    }

    /// The database of a service that this world serves.
    #[must_use]
    pub fn db(&self, service: &str) -> Db {
        let databases = locked(&self.databases);
        databases.iter().find(|db| db.service() == service).expect("the world serves it").clone()
    }

    /// Somebody without rights.
    #[must_use]
    pub fn user(&self, email: &str) -> TestCaller {
        self.caller(email, Role::User)
    }

    /// Somebody who works tickets.
    #[must_use]
    pub fn agent(&self, email: &str) -> TestCaller {
        self.caller(email, Role::Agent)
    }

    /// Somebody who administers.
    #[must_use]
    pub fn admin(&self, email: &str) -> TestCaller {
        self.caller(email, Role::Admin)
    }

    fn caller(&self, email: &str, role: Role) -> TestCaller {
        let now = self.clock().now();
        let (id, session_id) = (UserId::at(now), SessionId::at(now));
        let token = self.issuer.sign(id, session_id, email, role);
        TestCaller { id, session_id, email: email.to_owned(), token }
    }

    /// What a service has put into its outbox so far, in its order.
    pub async fn emitted(&self, service: &str) -> Vec<Envelope> {
        let db = self.db(service);
        let sql = db.sql("SELECT envelope FROM outbox ORDER BY position", []);
        let rows = db.conn().query_all_raw(sql).await.expect("the outbox can be read");
        let json = |row: &sea_orm::QueryResult| row.try_get::<String>("", "envelope").expect("a text");
        rows.iter().map(|row| serde_json::from_str(&json(row)).expect("an envelope")).collect()
    }

    /// The stream of events of this world; `None` on the local bus, or while it is not made.
    pub async fn stream(&self) -> Option<async_nats::jetstream::stream::Stream> {
        self.backends.stream("HELPDESK").await
    }

    /// Deletes the streams of this world with all that is in them, as a loss of JetStream's store would.
    pub async fn wipe_streams(&self) {
        self.backends.delete_streams().await;
    }

    /// Waits until every outbox is published and every consumer idle.
    pub async fn drain(&self) {
        self.until("every outbox is published and every consumer idle", || async {
            // They are looked at one after the other, and a consumer may emit where nobody looks any more: so nothing may
            // have moved meanwhile.
            let before = self.published().await;
            before.is_some() && self.backends.consumers_are_idle().await && self.published().await == before
        })
        .await;
    }

    /// How far the streams and the outboxes have come; `None` while anything waits to be published.
    async fn published(&self) -> Option<Vec<i64>> {
        let databases = locked(&self.databases).clone();
        let mut positions = self.backends.stream_positions().await;
        for db in &databases {
            positions.push(published(db.conn()).await?);
        }
        Some(positions)
    }

    /// Waits until a condition holds, and fails the test when it does not come to.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        let since = Instant::now();
        while !holds().await {
            assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl TestCaller {
    /// The same as the services see it.
    #[must_use]
    pub fn as_caller(&self, role: Role, expires_at: Timestamp) -> Caller {
        Caller::new(self.id, self.session_id, role, &self.email, expires_at, &self.token)
    }
}

/// Holds a consumer to deciding on every event type there is, and its definition under `nats/consumers/` to naming those
/// that it acts on and no others. `acts` is its decision: `None` for a type that it has never heard of.
///
/// # Panics
/// When it does not.
pub fn check_decisions(definition: &str, acts: impl Fn(&str) -> Option<bool>) {
    let mut subjects = Vec::new();
    for known in crate::events::ALL {
        if acts(known.name).unwrap_or_else(|| panic!("{} wants a decision", known.name)) {
            subjects.push(format!("helpdesk.{}.>", known.name));
        }
    }
    assert_eq!(acts("weather.changed"), None);
    let definition: serde_json::Value = serde_json::from_str(definition).expect("the definition is JSON");
    assert_eq!(definition["filter_subjects"], serde_json::json!(subjects));
}

impl Drop for World {
    fn drop(&mut self) {
        let failing = std::thread::panicking();
        let runtime = tokio::runtime::Handle::current();
        let ended = std::thread::scope(|scope| {
            let end = || {
                runtime.block_on(async {
                    if !failing && !self.keeps_events {
                        self.drain().await;
                    }
                    self.process.lifecycle.begin_stop();
                    let servers = std::mem::take(&mut *locked(&self.servers));
                    for server in servers {
                        let _ = server.await;
                    }
                    let stopped = self.process.lifecycle.finish(Duration::from_secs(10)).await;
                    let databases = std::mem::take(&mut *locked(&self.databases));
                    for db in databases {
                        db.close().await;
                    }
                    self.issuer.stop().await;
                    self.backends.clean().await;
                    stopped
                })
            };
            scope.spawn(end).join()
        });
        if failing {
            return;
        }
        match ended {
            Ok(stopped) => stopped.expect("every task of the process ended well"),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
