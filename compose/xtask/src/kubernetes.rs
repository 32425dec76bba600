//! The files of `compose/kubernetes`: each overlay is built by kubectl, with secrets made for the occasion, and every object of it
//! held against the schemas of Kubernetes. What they mean is tested in `compose/tests/containers`, on what was built here.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::generate::files;
use crate::install;
use crate::place;
use crate::stop::Stop;

const OVERLAYS: [&str; 2] = ["staging", "production"];

/// The oldest one that README.md names, and the newest whose schemas we have.
const VERSIONS: [&str; 2] = ["1.29", "1.37"];

/// What others define, so that Kubernetes itself has no schema for it.
const FOREIGN: [&str; 1] = ["ServiceMonitor"];

/// Where the overlays lie once they are built, each as `<name>.yaml`.
pub fn built() -> PathBuf {
    place::target().join("kubernetes")
}

/// Builds and looks at all of them and says what was looked at, or left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let (kubectl, validate) = match tools(stop) {
        Ok(tools) => tools,
        Err(fault) => {
            stop.check()?;
            println!("kubectl is not to be had: {fault:#}");
            return Ok("SKIPPED: kubectl and kubernetes-validate are not to be had (PyPI)".to_owned());
        }
    };
    let folder = tempfile::tempdir()?;
    for part in ["kubernetes", "docker"] {
        copy(&place::root().join("compose").join(part), &folder.path().join(part))?;
    }
    let sources = folder.path().join("kubernetes");
    std::fs::create_dir_all(built())?;
    let mut objects = 0;
    for overlay in OVERLAYS {
        command::quiet(Command::new("bash").current_dir(&sources).args(["secrets.sh", overlay]), stop)?;
        let mut build = Command::new(&kubectl);
        build.current_dir(&sources).args(["kustomize", &format!("overlays/{overlay}")]);
        let manifests = command::quiet(&mut build, stop)?;
        let file = built().join(format!("{overlay}.yaml"));
        std::fs::write(&file, &manifests)?;
        let mut valid_ones = 0;
        for version in VERSIONS {
            let mut valid = Command::new(&validate);
            valid.args(["--strict", "--kubernetes-version", version]).arg(&file);
            let said = command::words(&mut valid, stop).with_context(|| format!("the overlay {overlay}"))?;
            valid_ones = valid_objects(&said)?;
        }
        objects += valid_ones;
    }
    Ok(format!("overlays built, {objects} objects valid in {}", VERSIONS.join(" and ")))
}

fn tools(stop: &Stop) -> anyhow::Result<(PathBuf, PathBuf)> {
    Ok((install::linter("kubectl", stop)?, install::linter("kubernetes-validate", stop)?))
}

/// A copy without the secrets that somebody may have made, so that none is looked at or overwritten.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for (name, content) in files(from)? {
        if name.iter().any(|part| part == "secrets") {
            continue;
        }
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().context("it lies in a folder")?)?;
        std::fs::write(path, content)?;
    }
    Ok(())
}

/// How many objects are said to be valid. A kind that is not known is only warned of, and a fault here.
fn valid_objects(said: &str) -> anyhow::Result<usize> {
    let unknown = said
        .lines()
        .filter(|line| line.starts_with("WARN"))
        .find(|line| !FOREIGN.iter().any(|kind| line.contains(&format!("schema for kind {kind} with"))));
    anyhow::ensure!(unknown.is_none(), "{}", unknown.unwrap_or_default());
    let valid = said.lines().filter(|line| line.starts_with("INFO") && line.contains(" passed ")).count();
    anyhow::ensure!(valid > 0, "kubernetes-validate has looked at nothing:\n{said}");
    Ok(valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "INFO a.yaml passed for resource service/audit-service against version 1.29\n";

    #[test]
    fn only_what_others_define_may_be_unknown() {
        let unknown = |kind: &str| {
            format!(
                "{VALID}WARN a.yaml Couldn't find schema for kind {kind} with api version a/v1 for kubernetes version 1.29\n"
            )
        };
        assert_eq!(valid_objects(VALID).unwrap(), 1);
        assert_eq!(valid_objects(&unknown("ServiceMonitor")).unwrap(), 1);
        assert!(valid_objects(&unknown("Deploymnet")).unwrap_err().to_string().contains("Deploymnet"));
        assert!(valid_objects("").is_err());
    }
}
