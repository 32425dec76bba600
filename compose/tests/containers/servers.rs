//! Servers as the compose file has them – its commands, its configuration, its secrets – but on free ports of this machine.

use std::process::Command;

use async_nats::{Client, ConnectOptions, Event};
use sea_orm::{ConnectionTrait, Database};
use tokio::sync::mpsc;

pub use crate::server::{Server, free_port};
use crate::{
    composed::{Composed, WHOLE, folder},
    left_out,
    secrets::Secrets,
    server,
};

/// A server that the environment names; none where it does not.
pub fn named(key: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
    let value = std::env::var(key).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        left_out(key);
    }
    value
}

/// A single NATS server with the users of the six; none where no program is named.
pub async fn nats(secrets: &Secrets) -> Option<Server> {
    let program = named("TEST_NATS_SERVER")?;
    Some(server::nats(&program, &secrets.folder().join("nats"), &secrets.file("nats_passwords.conf")).await)
}

/// One of three NATS servers.
pub async fn nats_of_three(
    secrets: &Secrets,
    number: usize,
    ports: [u16; 3],
    routes: [u16; 3],
) -> Option<Server> {
    let program = named("TEST_NATS_SERVER")?;
    let at = secrets.folder().join(format!("nats-{number}"));
    let mut route = secrets.read("nats_route.conf");
    for (there, port) in ["nats-1:6222", "nats-2:6222", "nats-3:6222"].into_iter().zip(routes) {
        route = route.replace(there, &format!("127.0.0.1:{port}"));
    }
    let places = [
        ("0.0.0.0:4222", format!("127.0.0.1:{}", ports[number])),
        ("127.0.0.1:8222", format!("127.0.0.1:{}", free_port())),
        ("0.0.0.0:6222", format!("127.0.0.1:{}", routes[number])),
        ("/var/lib/nats", at.join("store").display().to_string()),
    ];
    let passwords = secrets.file("nats_passwords.conf");
    let configuration = server::nats_configuration(&at, "cluster.conf", &passwords, &places);
    std::fs::write(at.join("route.conf"), route).unwrap();
    let mut start = Command::new(program);
    start.env("NATS_SERVER_NAME", format!("nats-{}", number + 1)).arg("--config").arg(configuration);
    Some(Server::start(&mut start, ports[number], &at.join("log")).await)
}

/// A user of the server, and what the server reproaches it with.
pub async fn nats_user(
    secrets: &Secrets,
    port: u16,
    user: &str,
) -> (Client, mpsc::UnboundedReceiver<String>) {
    let (told, reproaches) = mpsc::unbounded_channel();
    let client = ConnectOptions::new()
        .user_and_password(user.to_owned(), secrets.read(&format!("nats_{user}")))
        .custom_inbox_prefix(format!("_INBOX_{user}"))
        .event_callback(move |event| {
            let told = told.clone();
            async move {
                if let Event::ServerError(error) = event {
                    // The test may have ended.
                    let _ = told.send(error.to_string());
                }
            }
        })
        .connect(format!("nats://127.0.0.1:{port}"))
        .await
        .unwrap();
    (client, reproaches)
}

/// Redis by the command of the compose file, with its password; none where no program is named.
pub async fn redis(secrets: &Secrets) -> Option<Server> {
    let program = named("TEST_REDIS_SERVER")?;
    let port = free_port();
    let command = Composed::read(WHOLE).containers["redis"].list("command");
    let arguments = command[1..].iter().map(|word| match word.strip_prefix("/run/secrets/") {
        Some(name) => secrets.file(name).display().to_string(),
        None => word.clone(),
    });
    let mut start = Command::new(program);
    start
        .args(arguments)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--dir"])
        .arg(secrets.folder());
    Some(Server::start(&mut start, port, &secrets.file("redis.log")).await)
}

/// The six databases with their roles, made by the script that the PostgreSQL image runs.
pub struct Databases {
    admin: String,
    pub prefix: String,
}

impl Databases {
    /// None where no server, or no folder of PostgreSQL's programs is named.
    pub async fn make(secrets: &Secrets) -> Option<Self> {
        let (admin, bin) = (named("TEST_DATABASE_URL")?, named("TEST_PG_BIN")?);
        #[allow(clippy::disallowed_methods, reason = "tests that run side by side share the server")]
        let prefix = format!("containers_{}", uuid::Uuid::new_v4().simple());
        let url = reqwest::Url::parse(&admin).unwrap();
        #[allow(clippy::disallowed_methods, reason = "the script wants bash and cat")]
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        let made = Command::new("bash")
            .arg(folder().join("postgres/databases.sh"))
            .env("PATH", path)
            .env("PGHOST", url.host_str().unwrap())
            .env("PGPORT", url.port().unwrap_or(5432).to_string())
            .env("PGPASSWORD", url.password().unwrap_or_default())
            .env("POSTGRES_USER", url.username())
            .env("HELPDESK_DATABASES", &prefix)
            .env("HELPDESK_SECRETS", secrets.folder())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(Self { admin, prefix })
    }

    /// A service's database, as a service's role.
    pub fn url(&self, secrets: &Secrets, role: &str, database: &str) -> String {
        let mut url = reqwest::Url::parse(&self.admin).unwrap();
        url.set_username(&format!("{}_{role}", self.prefix)).unwrap();
        url.set_password(Some(&secrets.read(&format!("postgres_{role}")))).unwrap();
        url.set_path(&format!("{}_{database}", self.prefix));
        url.to_string()
    }

    /// Leaves the server as it was found.
    pub async fn clean(&self) {
        let connection = Database::connect(&self.admin).await.unwrap();
        for service in compose::services::Service::ALL {
            let name = format!("{}_{service}", self.prefix);
            for sql in [format!("DROP DATABASE {name} WITH (FORCE)"), format!("DROP ROLE {name}")] {
                connection.execute_unprepared(&sql).await.unwrap();
            }
        }
    }
}
