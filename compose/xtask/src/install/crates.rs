//! Commands of cargo from crates.io, built into `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

/// A command of cargo.
pub struct Subcommand {
    /// Its crate and its program, as in `cargo-deny`.
    pub name: &'static str,
    pub version: &'static str,
}

impl Subcommand {
    /// One on PATH of the same series, or our own, built if need be.
    pub fn program(&self, stop: &Stop) -> anyhow::Result<PathBuf> {
        let Self { name, version } = self;
        let own = place::tools().join("cargo/bin").join(name);
        for found in place::on_path(name).into_iter().chain([own.clone()]) {
            if self.is_recent(&found) {
                return Ok(found);
            }
        }
        println!("Compiling {name} {version} (some minutes) …");
        let mut install = command::cargo();
        // Unoptimised: it compiles in a third of the time and its own work takes seconds.
        install
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_DIR", place::tools().join("cargo/build"))
            .args(["install", "--quiet", "--debug", "--locked", "--no-default-features"])
            .args(["--version", version, "--root"])
            .arg(place::tools().join("cargo"))
            .arg(name);
        command::quiet(&mut install, stop).with_context(|| format!("{name} could not be installed"))?;
        Ok(own)
    }

    fn is_recent(&self, program: &PathBuf) -> bool {
        let series = |version: &str| version.rsplit_once('.').map(|(series, _)| series.to_owned());
        let said =
            Command::new(program).arg("--version").output().map(|said| said.stdout).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        said.split_whitespace().last().and_then(series) == series(self.version)
    }
}

/// PATH with a program's folder in front, so that cargo finds it as a command of its own.
pub fn with_folder(program: &std::path::Path) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folder = program.parent().map(std::path::Path::to_path_buf);
    std::env::join_paths(folder.into_iter().chain(std::env::split_paths(&path))).unwrap_or(path)
}
