//! A helpdesk to be asked: one that runs already, or one of its own on the embedded backends and free ports.

use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use crate::command;
use crate::place;
use crate::servers::{self, Server};
use crate::stop::Stop;

/// Who administers a helpdesk where nothing else is said.
const ADMIN_EMAIL: &str = "admin@helpdesk.local";
/// A debug build that begins with empty databases takes about a second.
const START: Duration = Duration::from_secs(60);

/// A helpdesk, and who administers it.
pub struct Helpdesk {
    pub origin: String,
    pub email: String,
    pub password: String,
    own: Option<Own>,
}

/// What there is of one that was started here: stopped when this ends, and its data removed then.
struct Own {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Helpdesk {
    /// One that runs already.
    pub fn running(origin: &str) -> anyhow::Result<Self> {
        let email = std::env::var("ADMIN_EMAIL").unwrap_or_else(|_| ADMIN_EMAIL.to_owned());
        let password = std::env::var("ADMIN_PASSWORD")
            .with_context(|| format!("ADMIN_PASSWORD must be the password of {email} at {origin}"))?;
        Ok(Self { origin: origin.trim_end_matches('/').to_owned(), email, password, own: None })
    }

    /// The program as it has just been built, with these settings.
    pub fn start(settings: &[(&str, &str)], stop: &Stop) -> anyhow::Result<Self> {
        command::show(command::cargo().args(["build", "-p", "compose", "--bin", "helpdesk"]), stop)?;
        let folder = tempfile::tempdir()?;
        let password = "only for these tests";
        let mut helpdesk = Command::new(place::target().join("debug/helpdesk"));
        // Nothing of the developer's own settings.
        helpdesk
            .env_clear()
            .current_dir(folder.path())
            .env("HELPDESK_DATA_DIR", folder.path().join("data"))
            .env("ADMIN_EMAIL", ADMIN_EMAIL)
            .env("ADMIN_PASSWORD", password)
            .env("BCRYPT_COST", "4")
            .envs(settings.iter().copied());
        let port = servers::give_ports(&mut helpdesk)?;
        let is_ready =
            move || servers::get(port, "/ready").lines().next().is_some_and(|it| it.ends_with(" 200 OK"));
        let mut server =
            Server::start("helpdesk", port, &mut helpdesk, libc::SIGTERM, folder.path(), is_ready)?;
        server.wait_until_it_answers(START, stop)?;
        Ok(Self {
            origin: format!("http://127.0.0.1:{port}"),
            email: ADMIN_EMAIL.to_owned(),
            password: password.to_owned(),
            own: Some(Own { server, _folder: folder }),
        })
    }

    /// An error when it was started here and has died: that explains failures better than they do.
    pub fn check(&mut self) -> anyhow::Result<()> {
        self.own.as_mut().map_or(Ok(()), |own| own.server.check())
    }
}
