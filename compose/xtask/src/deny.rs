//! cargo-deny: licences, banned crates, sources and known vulnerabilities.

use crate::command;
use crate::install::crates::{Subcommand, with_folder};
use crate::stop::Stop;

/// PyPI's wheels end at 0.14, which panics on what cargo says today.
const CARGO_DENY: Subcommand = Subcommand { name: "cargo-deny", version: "0.20.2" };

/// Checks the dependencies and says what was checked, or left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let program = CARGO_DENY.program(stop)?;
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
