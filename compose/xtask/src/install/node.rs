//! newman from npm, its version and those of all that it needs pinned with their hashes, into `target/tools/node`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::{Missing, system_packages};
use crate::command;
use crate::place;
use crate::stop::Stop;

const PACKAGE: &str = include_str!("node/package.json");
const LOCK: &str = include_str!("node/package-lock.json");
const SCRIPT: &str = include_str!("node/collection.js");

/// A script for `node` that has newman run a collection.
pub fn newman(stop: &Stop) -> anyhow::Result<PathBuf> {
    let folder = place::tools().join("node");
    let mark = folder.join("complete");
    let is_ready = std::fs::read_to_string(&mark).is_ok_and(|installed| installed == LOCK);
    let mut missing = Vec::new();
    if place::on_path("node").is_none() {
        missing.push(Missing { package: "nodejs", words: "Node.js 18 or newer" });
    }
    // Debian's package of Node.js comes without it.
    if !is_ready && place::on_path("npm").is_none() {
        missing.push(Missing { package: "npm", words: "npm, as it comes with Node.js" });
    }
    if !missing.is_empty() {
        system_packages(&missing, stop)?;
    }
    if !is_ready {
        install(&folder, stop)?;
        std::fs::write(mark, LOCK)?;
    }
    let script = folder.join("collection.js");
    std::fs::write(&script, SCRIPT)?;
    Ok(script)
}

fn install(folder: &Path, stop: &Stop) -> anyhow::Result<()> {
    println!("Fetching newman from npm …");
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("package.json"), PACKAGE)?;
    std::fs::write(folder.join("package-lock.json"), LOCK)?;
    let npm = place::on_path("npm").context("npm was installed, but is not to be found")?;
    let mut install = Command::new(npm);
    // Nothing of it needs to run a script when it is installed.
    install.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    command::quiet(&mut install, stop).context("npm's packages could not be installed")?;
    Ok(())
}
