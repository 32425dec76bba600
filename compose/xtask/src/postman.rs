//! `cargo xtask test --postman`: the collections of `compose/postman`, run by newman against a helpdesk.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::command;
use crate::helpdesk::Helpdesk;
use crate::install;
use crate::place;
use crate::progress::Progress;
use crate::stop::Stop;

/// What `install/node/collection.js` ends with when the administrator could not sign in.
const NOT_SIGNED_IN: i32 = 2;

/// Runs every collection and shows the table; against a helpdesk of its own unless one is named.
pub fn run(origin: Option<String>, stop: &Stop) -> anyhow::Result<ExitCode> {
    let collections = collections()?;
    let mut desk = origin.as_deref().map(Helpdesk::running).transpose()?;
    let mut progress = Progress::of(collections.len() + 1 + usize::from(desk.is_none()));
    let mut newman = None;
    let _ = progress.step("newman", || {
        newman = Some(install::node::newman(stop)?);
        Ok(String::new())
    });
    stop.check()?;
    if newman.is_some() && desk.is_none() {
        let _ = progress.step("a helpdesk", || {
            let started = Helpdesk::start(&[], stop)?;
            Ok(desk.insert(started).origin.clone())
        });
        stop.check()?;
    }
    if let (Some(newman), Some(mut desk)) = (newman, desk) {
        for (name, file) in collections {
            let mut is_signed_in = true;
            // A failure is in the table; the other collections are worth knowing all the same.
            let _ = progress.step(&name, || {
                desk.check()?;
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

/// newman with a collection, and with what `environments/dev` leaves open.
fn collection(newman: &Path, file: &Path, desk: &Helpdesk) -> Command {
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
