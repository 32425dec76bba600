//! promtool: what Prometheus is to read can be read, and each alert fires when it must.

use std::process::Command;

use crate::command;
use crate::install;
use crate::place;
use crate::stop::Stop;

/// Checks the configuration and the alerts, or says that it was left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let program = match install::promtool(stop) {
        Ok(program) => program,
        Err(fault) => {
            stop.check()?;
            println!("promtool is not to be had: {fault:#}");
            return Ok("SKIPPED: promtool is not to be had (Debian's package prometheus)".to_owned());
        }
    };
    for words in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let mut promtool = Command::new(&program);
        promtool.current_dir(place::root().join("compose/monitoring")).args(words);
        command::quiet(&mut promtool, stop)?;
    }
    Ok("configuration, rules, and when alerts fire".to_owned())
}
