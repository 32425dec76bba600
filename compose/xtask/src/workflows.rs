//! The files of `.github/workflows`: zizmor looks for what an attacker would look for, actionlint for what GitHub would refuse.

use std::process::Command;

use crate::command;
use crate::install;
use crate::place;
use crate::stop::Stop;

/// Looks at all of them and says what was looked at, or left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let secure = match install::linter("zizmor", stop) {
        Ok(program) => {
            let mut zizmor = Command::new(program);
            zizmor.current_dir(place::root()).args(["--offline", "--no-progress", "--quiet", ".github"]);
            command::quiet(&mut zizmor, stop)?;
            "zizmor finds nothing"
        }
        Err(fault) => {
            stop.check()?;
            println!("zizmor is not to be had: {fault:#}");
            "zizmor SKIPPED: it is not to be had (PyPI)"
        }
    };
    let Some(actionlint) = install::actionlint(stop)? else {
        return Ok(format!("{secure}; actionlint SKIPPED: there is no Go to build it with"));
    };
    // Whether shellcheck is at hand must not decide what passes.
    let mut actionlint = Command::new(actionlint);
    actionlint.current_dir(place::root()).args(["-no-color", "-shellcheck=", "-pyflakes="]);
    command::quiet(&mut actionlint, stop)?;
    Ok(format!("{secure}; actionlint is content"))
}
