use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::layers::Origin;
use super::{Secret, Settings, redacted};

/// What is configured alike in all six services.
#[derive(Clone, Debug)]
pub struct Common {
    /// The service's name.
    pub service: &'static str,
    /// What it runs for.
    pub environment: Environment,
    /// Where everything embedded lies.
    pub data_dir: PathBuf,
    /// How it serves HTTP.
    pub http: HttpConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// How events travel.
    pub events: EventsConfig,
    /// The cache.
    pub cache: CacheConfig,
    /// How access tokens are checked.
    pub tokens: TokensConfig,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
}

/// What a process runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Everything may be embedded.
    Development,
    /// Nothing embedded, no default secrets.
    Production,
}

/// How a service serves HTTP.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0 for any that is free.
    pub port: u16,
    /// The number of HTTP threads, at least 1.
    pub workers: usize,
    /// The web origins that browsers may call from, compared exactly.
    pub cors_origins: Vec<String>,
    /// The peers whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long to go on answering once readiness is off.
    pub drain_delay: Duration,
    /// How long the whole stop may take.
    pub drain: Duration,
}

/// A service's database.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// The service that it belongs to.
    pub service: &'static str,
    /// Where it is; it may hold a password.
    pub url: Secret,
    /// Connections for HTTP, of all its workers together.
    pub max_connections: u32,
    /// The workers of HTTP that share them.
    pub workers: usize,
    /// Connections for the background tasks.
    pub background_connections: u32,
    /// Whether a start brings the tables up to date.
    pub migrate_on_start: bool,
}

/// How events travel.
#[derive(Clone, Debug)]
pub struct EventsConfig {
    /// By which courier.
    pub bus: EventBus,
    /// NATS servers, with commas between them; empty on the local bus.
    pub nats_url: String,
    /// How it proves there who it is, if it has to.
    pub identity: NatsIdentity,
    /// Put before the names of streams and subjects; mostly empty.
    pub namespace: String,
}

/// How a service proves to NATS who it is.
#[derive(Clone, Debug)]
pub enum NatsIdentity {
    /// Not at all, or by what stands in the URL.
    Nobody,
    /// As a user of the server's configuration.
    User {
        /// Its name.
        name: String,
        /// Its password.
        password: Secret,
    },
    /// By the contents of a NATS credentials file.
    Credentials(Secret),
}

/// The couriers of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventBus {
    /// Within this process.
    Local,
    /// NATS JetStream.
    JetStream,
}

/// The cache.
#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// A Redis server; `None` for memory.
    pub redis_url: Option<Secret>,
    /// How long it is waited for at the most.
    pub timeout: Duration,
    /// Put before every key.
    pub prefix: String,
    /// The workers of HTTP, each of which has a connection of its own.
    pub workers: usize,
}

/// How access tokens are checked.
#[derive(Clone, Debug)]
pub struct TokensConfig {
    /// Where auth is.
    pub auth_url: String,
    /// The `iss` that tokens must carry.
    pub issuer: String,
    /// The `aud` that tokens must carry.
    pub audience: String,
}

/// Logs and traces.
#[derive(Clone, Debug)]
pub struct TelemetryConfig {
    /// The service's name, or "helpdesk" where all six are one process.
    pub service: &'static str,
    /// A filter of `tracing`.
    pub log_level: String,
    /// For people or for machines.
    pub log_format: LogFormat,
    /// Where traces go, as OTLP over HTTP.
    pub otlp_endpoint: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { service, url: _, max_connections, workers, background_connections, migrate_on_start } =
            self;
        f.debug_struct("DatabaseConfig")
            .field("service", service)
            .field("url", &self.redacted())
            .field("max_connections", max_connections)
            .field("workers", workers)
            .field("background_connections", background_connections)
            .field("migrate_on_start", migrate_on_start)
            .finish()
    }
}

impl DatabaseConfig {
    /// Where it is, fit for printing.
    pub fn redacted(&self) -> String {
        redacted(self.url.expose())
    }
}

impl EventsConfig {
    /// Where NATS is, fit for printing; empty on the local bus.
    pub fn redacted(&self) -> String {
        let servers = self.nats_url.split(',').filter(|server| !server.is_empty()).map(redacted);
        servers.collect::<Vec<_>>().join(", ")
    }
}

impl CacheConfig {
    /// A cache of this process alone.
    #[must_use]
    pub fn in_memory(prefix: &str) -> Self {
        Self { redis_url: None, timeout: Duration::ZERO, prefix: prefix.to_owned(), workers: 1 }
    }

    /// Where it is, fit for printing.
    pub fn redacted(&self) -> String {
        self.redis_url.as_ref().map_or_else(|| "memory".to_owned(), |url| redacted(url.expose()))
    }
}

impl Common {
    /// Reads what all services have in common, and notes what is wrong with it.
    pub fn read(s: &mut Settings) -> Self {
        let data_dir = PathBuf::from(s.required("helpdesk_data_dir"));
        let environment = if s.in_production() { Environment::Production } else { Environment::Development };
        let http = http(s);
        Common {
            service: s.service(),
            environment,
            database: database(s, &data_dir, http.workers),
            cache: cache(s, http.workers),
            http,
            events: events(s),
            tokens: tokens(s),
            telemetry: telemetry(s),
            data_dir,
        }
    }

    /// Whether this is for production.
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }
}

fn http(s: &mut Settings) -> HttpConfig {
    let workers = match s.number("workers", 0..=256) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let cors_origins: Vec<String> = s.list("cors_origins");
    for origin in &cors_origins {
        if reqwest::Url::parse(origin).map(|url| url.origin().ascii_serialization()).ok().as_ref()
            != Some(origin)
        {
            s.fault("cors_origins", format!("“{origin}” is not an origin, as in https://help.example.com"));
        }
    }
    let mut trusted_proxies = Vec::new();
    for text in s.list("trusted_proxies") {
        match text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
            Some(network) => trusted_proxies.push(network),
            None => s.fault(
                "trusted_proxies",
                format!("“{text}” is neither an address nor a network, as in 10.0.0.0/8"),
            ),
        }
    }
    let (drain_delay, drain) = (s.duration("drain_delay"), s.duration("drain_timeout"));
    if drain_delay > drain {
        s.fault("drain_delay", "is longer than DRAIN_TIMEOUT, which is to hold the whole stop");
    }
    HttpConfig {
        host: s.parse_or("host", IpAddr::from([127, 0, 0, 1])),
        port: s.number("port", 0..=65535),
        workers,
        cors_origins,
        trusted_proxies,
        drain_delay,
        drain,
    }
}

fn database(s: &mut Settings, data_dir: &std::path::Path, workers: usize) -> DatabaseConfig {
    const KEY: &str = "database_url";
    let text = s.required(KEY);
    let for_all = match s.origin(KEY) {
        Origin::FileTop => true,
        Origin::Environment => s.all_in_one(),
        _ => false,
    };
    if for_all && !text.is_empty() && !text.contains("{service}") {
        s.fault(
            KEY,
            format!(
                "is the same for all services, and each needs a database of its own: write {{service}} into it, \
                 as in postgres://…/helpdesk_{{service}}, or set {}_DATABASE_URL and so on",
                s.service().to_ascii_uppercase()
            ),
        );
    }
    // sqlx reads the path of a SQLite URL percent-decoded, and cuts it at a question mark.
    let data_dir = data_dir.to_string_lossy().replace('%', "%25").replace('?', "%3F");
    let url = text.replace("{service}", s.service()).replace("{data_dir}", &data_dir);
    let sqlite = url.starts_with("sqlite:");
    if sqlite {
        s.refuse_in_production(KEY, true, "SQLite is for a single process on one machine; use postgres://…");
        if url.contains(":memory:") || url.contains("mode=memory") {
            s.fault(
                KEY,
                "is a database in memory, which would differ from connection to connection; use a file",
            );
        }
    } else if !url.is_empty() {
        s.checked_url(KEY, &url, &["postgres", "postgresql"]);
    }
    DatabaseConfig {
        service: s.service(),
        url: Secret::new(url),
        max_connections: s.number("database_max_connections", 1..=1000),
        workers,
        background_connections: s.number("database_background_connections", 1..=1000),
        migrate_on_start: s.flag("migrate_on_start"),
    }
}

fn events(s: &mut Settings) -> EventsConfig {
    let nats_url = s.list("nats_url").join(",");
    for server in nats_url.split(',').filter(|server| !server.is_empty()) {
        s.checked_url("nats_url", server, &["nats", "tls"]);
    }
    let bus = match s.choice("events", &["auto", "local", "jetstream"]) {
        "auto" if nats_url.is_empty() => EventBus::Local,
        "local" => EventBus::Local,
        _ => EventBus::JetStream,
    };
    if bus == EventBus::JetStream && nats_url.is_empty() {
        s.fault("nats_url", "is not set, and EVENTS is jetstream");
    }
    s.refuse_in_production(
        "events",
        bus == EventBus::Local,
        "the local bus ends at this process; set NATS_URL",
    );
    let namespace = s.text("nats_namespace");
    if !namespace.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        s.fault("nats_namespace", "may hold letters, digits, - and _ only");
    }
    EventsConfig { bus, nats_url, identity: nats_identity(s), namespace }
}

fn nats_identity(s: &mut Settings) -> NatsIdentity {
    let (user, password) = (s.optional("nats_user"), s.secret("nats_password"));
    let credentials = s.secret("nats_credentials");
    if user.is_some() && password.is_none() {
        s.fault("nats_password", "is not set, and NATS_USER is");
    }
    match (password, credentials) {
        (Some(password), None) => {
            NatsIdentity::User { name: user.unwrap_or_else(|| s.service().to_owned()), password }
        }
        (None, Some(credentials)) => NatsIdentity::Credentials(credentials),
        (Some(_), Some(_)) => {
            s.fault("nats_credentials", "is set, and NATS_PASSWORD too: which one counts?");
            NatsIdentity::Nobody
        }
        (None, None) => NatsIdentity::Nobody,
    }
}

fn cache(s: &mut Settings, workers: usize) -> CacheConfig {
    // Not `rediss`: the client is built without TLS, and should say so here rather than when it is first used.
    let redis_url = s.optional_url("redis_url", &["redis"]).map(Secret::new);
    s.refuse_in_production(
        "redis_url",
        redis_url.is_none(),
        "the memory cache ends at this process; set REDIS_URL",
    );
    let timeout = s.duration("redis_timeout");
    if timeout.is_zero() {
        s.fault("redis_timeout", "is no time at all: Redis would always count as away");
    }
    CacheConfig { redis_url, timeout, prefix: s.text("cache_prefix"), workers }
}

fn tokens(s: &mut Settings) -> TokensConfig {
    TokensConfig {
        auth_url: s.url("auth_service_url", &["http", "https"]),
        issuer: s.required("jwt_issuer"),
        audience: s.required("jwt_audience"),
    }
}

fn telemetry(s: &mut Settings) -> TelemetryConfig {
    let log_level = s.required("log_level");
    if let Err(fault) = tracing_subscriber::filter::Builder::default().parse(&log_level) {
        s.fault(
            "log_level",
            format!("“{log_level}” is not a filter, as in info or warn,tickets=debug: {fault}"),
        );
    }
    TelemetryConfig {
        service: if s.all_in_one() { "helpdesk" } else { s.service() },
        log_level,
        log_format: match s.choice("log_format", &["auto", "text", "json"]) {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => LogFormat::Auto,
        },
        otlp_endpoint: s.optional_url("otel_exporter_otlp_endpoint", &["http", "https"]),
    }
}
