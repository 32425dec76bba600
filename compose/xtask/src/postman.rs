//! `cargo xtask test --postman`: the collections of `compose/postman`, run by newman against a helpdesk.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::command;
use crate::install;
use crate::place;
use crate::progress::Progress;
use crate::servers::{self, Server};
use crate::stop::Stop;

/// Who administers a helpdesk where nothing else is said.
const ADMIN_EMAIL: &str = "admin@helpdesk.local";
/// What `install/node/collection.js` ends with when the administrator could not sign in.
const NOT_SIGNED_IN: i32 = 2;
/// A debug build that begins with empty databases takes about a second.
const START: Duration = Duration::from_secs(60);

/// A helpdesk to be asked.
struct Desk {
    origin: String,
    email: String,
    password: String,
}

/// Runs every collection and shows the table; against a helpdesk of its own unless one is named.
pub fn run(origin: Option<String>, stop: &Stop) -> anyhow::Result<ExitCode> {
    let collections = collections()?;
    let mut desk = origin.map(running).transpose()?;
    let mut progress = Progress::of(collections.len() + 1 + usize::from(desk.is_none()));
    let mut newman = None;
    let _ = progress.step("newman", || {
        newman = Some(install::node::newman(stop)?);
        Ok(String::new())
    });
    stop.check()?;
    // Stopped when this ends, and its data removed then.
    let mut own = None;
    if newman.is_some() && desk.is_none() {
        let _ = progress.step("a helpdesk", || {
            let folder = tempfile::tempdir()?;
            let (server, started) = start(folder.path(), stop)?;
            own = Some((server, folder));
            Ok(desk.insert(started).origin.clone())
        });
        stop.check()?;
    }
    if let (Some(newman), Some(desk)) = (newman, desk) {
        for (name, file) in collections {
            let mut is_signed_in = true;
            // A failure is in the table; the other collections are worth knowing all the same.
            let _ = progress.step(&name, || {
                if let Some((server, _)) = &mut own {
                    // A helpdesk that died explains the failures better than they do.
                    server.check()?;
                }
                let status = command::converse(&mut collection(&newman, &file, &desk), stop)?;
                is_signed_in = status.code() != Some(NOT_SIGNED_IN);
                anyhow::ensure!(is_signed_in, "{} could not sign in with ADMIN_PASSWORD", desk.email);
                anyhow::ensure!(status.success(), "what failed is told above");
                Ok(String::new())
            });
            stop.check()?;
            if !is_signed_in {
                // Each collection would try it again, until nobody could sign in as the administrator for a while.
                break;
            }
        }
    }
    Ok(if progress.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All of them by their names, the journey last.
fn collections() -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place::root().join("compose/postman/collections"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(name) = name.strip_suffix(".postman_collection.json") {
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort_by_key(|(name, _)| (name == "journey", name.clone()));
    anyhow::ensure!(!found.is_empty(), "compose/postman/collections has no collection");
    Ok(found)
}

/// One that runs already.
fn running(origin: String) -> anyhow::Result<Desk> {
    let email = std::env::var("ADMIN_EMAIL").unwrap_or_else(|_| ADMIN_EMAIL.to_owned());
    let password = std::env::var("ADMIN_PASSWORD")
        .with_context(|| format!("ADMIN_PASSWORD must be the password of {email} at {origin}"))?;
    Ok(Desk { origin: origin.trim_end_matches('/').to_owned(), email, password })
}

/// The program as it has just been built, on the embedded backends and free ports.
fn start(folder: &Path, stop: &Stop) -> anyhow::Result<(Server, Desk)> {
    command::show(command::cargo().args(["build", "-p", "compose", "--bin", "helpdesk"]), stop)?;
    let password = "only for these collections";
    let mut helpdesk = Command::new(place::target().join("debug/helpdesk"));
    // Nothing of the developer's own settings.
    helpdesk
        .env_clear()
        .current_dir(folder)
        .env("HELPDESK_DATA_DIR", folder.join("data"))
        .env("ADMIN_EMAIL", ADMIN_EMAIL)
        .env("ADMIN_PASSWORD", password)
        .env("BCRYPT_COST", "4");
    let port = servers::give_ports(&mut helpdesk)?;
    let is_ready =
        move || servers::get(port, "/ready").lines().next().is_some_and(|it| it.ends_with(" 200 OK"));
    let mut server = Server::start("helpdesk", port, &mut helpdesk, libc::SIGTERM, folder, is_ready)?;
    server.wait_until_it_answers(START, stop)?;
    let origin = format!("http://127.0.0.1:{port}");
    Ok((server, Desk { origin, email: ADMIN_EMAIL.to_owned(), password: password.to_owned() }))
}

/// newman with a collection, and with what `environments/dev` leaves open.
fn collection(newman: &Path, file: &Path, desk: &Desk) -> Command {
    let mut run = Command::new("node");
    run.arg(newman)
        .stdin(Stdio::null())
        .env("COLLECTION", file)
        .env("FOLDER", place::root().join("compose/postman"))
        .env("ENVIRONMENT", "dev")
        .env("VARIABLE_origin", &desk.origin)
        .env("VARIABLE_adminEmail", &desk.email)
        .env("VARIABLE_adminPassword", &desk.password);
    run
}
