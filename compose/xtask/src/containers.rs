//! The files of `compose/docker`, each looked at by its own tool: the Dockerfile by hadolint, the compose files by the library that
//! Docker Compose reads them with. What they mean is tested in `compose/tests/containers`.

use std::process::Command;

use crate::command;
use crate::install;
use crate::place;
use crate::stop::Stop;

/// Those of the phases, which are used together as well.
const PHASES: [&str; 6] = ["auth", "user", "ticket", "file", "notification", "audit"];

/// Looks at all of them and says what was looked at, or left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let folder = place::root().join("compose/docker");
    let hadolint = install::hadolint(stop)?;
    command::show(Command::new(hadolint).current_dir(&folder).arg("Dockerfile"), stop)?;
    let Some(compose) = install::compose_go(stop)? else {
        return Ok("Dockerfile; compose files SKIPPED: there is no Go to build their reader with".to_owned());
    };
    let phases = PHASES.map(|phase| format!("compose.{phase}.yaml"));
    let alone = phases.iter().map(String::as_str).chain(["compose.yaml", "compose.test.yaml"]);
    let together = phases.iter().map(String::as_str).collect();
    for files in alone.map(|file| vec![file]).chain([together]) {
        let mut read = Command::new(&compose);
        // Nothing of the developer's own settings.
        read.current_dir(&folder).env_clear().args(files);
        command::quiet(&mut read, stop)?;
    }
    Ok("Dockerfile and compose files".to_owned())
}
