//! The package, taken apart in a folder, and set up there as its README says.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use compose::services::Service;
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::{
    server::{self, Server, free_port},
    supervisor::Supervised,
};

/// The first administrator's address.
pub const ADMIN: &str = "admin@helpdesk.local";

/// A machine with the package on it.
pub struct Machine {
    root: TempDir,
    admin_url: String,
    /// Its own among the servers' other users.
    pub prefix: String,
    maildir: PathBuf,
    ports: Vec<(Service, u16)>,
    nats: Server,
}

/// What the environment says.
#[allow(clippy::disallowed_methods, reason = "tests are told their servers by the environment")]
pub fn named(key: &str) -> Option<String> {
    std::env::var(key).ok().filter(|value| !value.is_empty())
}

impl Machine {
    /// `None` where no package or no servers are named.
    pub async fn install() -> Option<Self> {
        let Some(package) = named("TEST_DEB") else {
            let _ = writeln!(std::io::stderr(), "left out: the Debian package (`cargo xtask ci` builds one)");
            return None;
        };
        let servers = (named("TEST_DATABASE_URL")?, named("TEST_NATS_SERVER")?, named("TEST_REDIS_URL")?);
        let s3 = (named("TEST_S3_URL")?, named("TEST_S3_ACCESS_KEY")?, named("TEST_S3_SECRET_KEY")?);
        let (smtp, maildir) = (named("TEST_SMTP_URL")?, named("TEST_SMTP_MAILDIR")?.into());
        let root = tempfile::tempdir().unwrap();
        let extracted = Command::new("dpkg-deb").arg("--extract").arg(&package).arg(root.path()).status();
        assert!(extracted.unwrap().success(), "{package} cannot be taken apart");
        fs::create_dir_all(root.path().join("run")).unwrap();
        #[allow(clippy::disallowed_methods, reason = "tests that run side by side share the servers")]
        let prefix = format!("packaged_{}", uuid::Uuid::new_v4().simple());
        let ports = Service::ALL.map(|service| (service, free_port())).to_vec();
        let secrets = root.path().join("etc/helpdesk/secrets");
        let script = root.path().join("usr/share/helpdesk/compose/systemd/secrets.sh");
        let made = Command::new(script).arg(&secrets).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let passwords = secrets.join("servers/nats_passwords.conf");
        let nats = server::nats(&servers.1, &root.path().join("var/lib/nats"), &passwords).await;
        let machine = Self { root, admin_url: servers.0, prefix, maildir, ports, nats };
        machine.each_database("CREATE DATABASE {}").await;

        machine.set("helpdesk", "NATS_URL", &format!("nats://127.0.0.1:{}", machine.nats.port));
        machine.set("helpdesk", "CACHE_PREFIX", &machine.prefix);
        machine.secret("redis_url", &servers.2);
        for (service, port) in &machine.ports {
            let key = service.url_key().to_ascii_uppercase();
            machine.set("helpdesk", &key, &format!("http://127.0.0.1:{port}"));
            machine.set(service.name(), "PORT", &port.to_string());
            machine.secret(&format!("{service}/database_url"), &machine.database(service.name()));
            machine.listen(service.name(), *port);
        }
        machine.set("auth", "BCRYPT_COST", "10");
        machine.set("files", "S3_ENDPOINT", &s3.0);
        machine.set("files", "S3_BUCKET_TICKETS", &format!("{}-tickets", machine.prefix.replace('_', "-")));
        machine.set("files", "S3_BUCKET_AVATARS", &format!("{}-avatars", machine.prefix.replace('_', "-")));
        machine.secret("files/s3_access_key", &s3.1);
        machine.secret("files/s3_secret_key", &s3.2);
        machine.secret("notifications/smtp_url", &smtp);
        Some(machine)
    }

    /// `systemctl start` of all six; returns when each serves.
    pub fn start(&self) -> Vec<Supervised> {
        let mut all: Vec<_> =
            Service::ALL.iter().map(|service| Supervised::start(self.root.path(), service.name())).collect();
        all.iter_mut().for_each(Supervised::until_ready);
        all
    }

    /// The base URL of a service.
    pub fn at(&self, service: Service) -> String {
        let (_, port) = self.ports.iter().find(|(known, _)| *known == service).unwrap();
        format!("http://127.0.0.1:{port}")
    }

    /// Where mails arrive.
    pub fn maildir(&self) -> &Path {
        &self.maildir
    }

    /// Leaves the servers as they were found.
    pub async fn clean(&self) {
        self.each_database("DROP DATABASE IF EXISTS {} WITH (FORCE)").await;
    }

    fn set(&self, file: &str, key: &str, value: &str) {
        let path = self.root.path().join(format!("etc/helpdesk/{file}.env"));
        let mut file = fs::File::options().append(true).open(path).unwrap();
        writeln!(file, "{key}={value}").unwrap();
    }

    /// A secret that was drawn.
    pub fn drawn(&self, name: &str) -> String {
        let path = self.root.path().join("etc/helpdesk/secrets").join(name);
        fs::read_to_string(path).unwrap().trim_end().to_owned()
    }

    /// Another one than was drawn: what its server, which is there already, was told.
    fn secret(&self, name: &str, value: &str) {
        let path = self.root.path().join("etc/helpdesk/secrets").join(name);
        fs::remove_file(&path).unwrap();
        fs::write(path, format!("{value}\n")).unwrap();
    }

    /// As `systemctl edit helpdesk@<service>.socket` would.
    fn listen(&self, service: &str, port: u16) {
        let folder = self.root.path().join(format!("etc/systemd/system/helpdesk@{service}.socket.d"));
        fs::create_dir_all(&folder).unwrap();
        let text = format!("[Socket]\nListenStream=\nListenStream=127.0.0.1:{port}\n");
        fs::write(folder.join("override.conf"), text).unwrap();
    }

    fn database(&self, service: &str) -> String {
        let (server, _) = self.admin_url.rsplit_once('/').unwrap();
        format!("{server}/{}_{service}", self.prefix)
    }

    async fn each_database(&self, statement: &str) {
        let connection = Database::connect(&self.admin_url).await.unwrap();
        for service in Service::ALL {
            let sql = statement.replace("{}", &format!("{}_{service}", self.prefix));
            connection.execute_unprepared(&sql).await.unwrap();
        }
    }
}
