//! cargo-deny: licences, banned crates, sources and known vulnerabilities.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

const VERSION: &str = "0.20.2";

/// Checks the dependencies and says what was checked, or left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let program = program(stop)?;
    let deny = |words: &[&str]| {
        let mut deny = command::cargo();
        deny.env("PATH", with_folder(&program))
            .args(["deny", "--config", ".deny.toml", "--locked"])
            .args(words);
        deny
    };
    command::show(&mut deny(&["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]), stop)?;
    // The database is a Git repository on github.com, which not every machine reaches.
    match command::quiet(&mut deny(&["fetch", "db"]), stop) {
        Ok(_) => {
            command::show(&mut deny(&["check", "advisories"]), stop)?;
            Ok("bans, licences, sources, advisories".to_owned())
        }
        Err(fault) => {
            stop.check()?;
            println!("The database of advisories is out of reach: {fault:#}");
            Ok("bans, licences, sources; advisories SKIPPED: their database is out of reach".to_owned())
        }
    }
}

fn with_folder(program: &Path) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folder = program.parent().map(Path::to_path_buf);
    std::env::join_paths(folder.into_iter().chain(std::env::split_paths(&path))).unwrap_or(path)
}

/// One on PATH of the same series, or our own. PyPI's wheels end at 0.14, which panics on what cargo says today.
fn program(stop: &Stop) -> anyhow::Result<PathBuf> {
    let own = place::tools().join("cargo/bin/cargo-deny");
    for found in place::on_path("cargo-deny").into_iter().chain([own.clone()]) {
        if is_recent(&found) {
            return Ok(found);
        }
    }
    println!("Compiling cargo-deny {VERSION} (some two minutes) …");
    let mut install = command::cargo();
    // Unoptimised: it compiles in a third of the time and the check itself takes seconds.
    install.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", place::tools().join("cargo/build"));
    install.args([
        "install",
        "--quiet",
        "--debug",
        "--locked",
        "--no-default-features",
        "--version",
        VERSION,
    ]);
    install.arg("--root").arg(place::tools().join("cargo")).arg("cargo-deny");
    command::quiet(&mut install, stop).context("cargo-deny could not be installed")?;
    Ok(own)
}

fn is_recent(program: &Path) -> bool {
    let series = |version: &str| version.rsplit_once('.').map(|(series, _)| series.to_owned());
    let said = Command::new(program).arg("--version").output().map(|said| said.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.split_whitespace().last().and_then(series) == series(VERSION)
}
