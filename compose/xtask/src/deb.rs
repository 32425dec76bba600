//! The Debian package: programs, units, settings and man pages, by cargo-deb from the metadata in `compose/Cargo.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::generate::files;
use crate::install::{
    self,
    crates::{Subcommand, with_folder},
};
use crate::place;
use crate::stop::Stop;
use crate::units;

const CARGO_DEB: Subcommand = Subcommand { name: "cargo-deb", version: "3.8.0" };

/// The shipped profile takes many minutes; a package to be tested holds what the tests have built.
const TESTED: &str = "dev";

/// Where the package that is to be tested lies.
pub fn tested() -> PathBuf {
    packed(TESTED)
}

fn packed(profile: &str) -> PathBuf {
    place::target().join(format!("debian/helpdesk-{profile}.deb"))
}

/// Builds the programs with a profile of cargo and packs them; where the package lies.
pub fn build(profile: &str, stop: &Stop) -> anyhow::Result<PathBuf> {
    let cargo_deb = CARGO_DEB.program(stop)?;
    install::dpkg_shlibdeps(stop)?;
    let mut programs = command::cargo();
    programs.args(["build", "--workspace", "--bins", "--exclude", "xtask", "--exclude", "audit-seed"]);
    programs.args(["--profile", profile]);
    command::show(&mut programs, stop)?;
    let package = packed(profile);
    let mut pack = command::cargo();
    pack.env("PATH", with_folder(&cargo_deb))
        .args(["deb", "--package", "compose", "--no-build", "--locked", "--profile", profile])
        .arg("--output")
        .arg(&package);
    if profile == TESTED {
        // Nobody waits for the smallest one.
        pack.arg("--fast");
    }
    command::quiet(&mut pack, stop).context("cargo-deb could not pack it")?;
    Ok(package)
}

/// Builds a package to be tested and holds it against what install.sh installs and, where it is there, against lintian.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let package = build(TESTED, stop)?;
    let Some(dpkg) = place::on_path("dpkg-deb") else {
        return Ok("built; what is in it SKIPPED: there is no dpkg-deb here".to_owned());
    };
    let folder = tempfile::tempdir()?;
    let (packed, installed) = (folder.path().join("packed"), folder.path().join("installed"));
    command::quiet(Command::new(dpkg).arg("--extract").arg(&package).arg(&packed), stop)?;
    units::install(&place::target().join("debug"), &installed, stop)?;
    same(&packed, &installed)?;
    let Some(lintian) = place::on_path("lintian") else {
        return Ok("holds what install.sh installs; lintian SKIPPED: it is not here".to_owned());
    };
    let mut lintian = Command::new(lintian);
    // What is to be tested keeps its symbols; what is shipped is stripped by its profile.
    lintian.args(["--allow-root", "--fail-on", "error", "--suppress-tags", "unstripped-binary-or-object"]);
    command::quiet(lintian.arg(&package), stop)?;
    Ok("holds what install.sh installs; lintian finds no error".to_owned())
}

/// Both bring the same files; only what Debian wants of a package's documentation is the package's alone.
fn same(packed: &Path, installed: &Path) -> anyhow::Result<()> {
    let (packed, installed) = (files(packed)?, files(installed)?);
    let documents = ["usr/share/doc", "usr/share/man"].map(PathBuf::from);
    // Compressed in the package.
    let compared = |name: &PathBuf| !documents.iter().any(|folder| name.starts_with(folder));
    // Stripped in the package.
    let program = |name: &PathBuf| name.starts_with("usr/bin");
    for (name, content) in installed.iter().filter(|(name, _)| compared(name)) {
        let there = packed.get(name).with_context(|| format!("{} is not in the package", name.display()))?;
        anyhow::ensure!(
            program(name) || there == content,
            "{} is another one in the package",
            name.display()
        );
    }
    let more = packed.keys().find(|name| compared(name) && !installed.contains_key(*name));
    anyhow::ensure!(more.is_none(), "install.sh does not install {more:?}");
    let pages =
        |files: &crate::generate::Files| files.keys().filter(|name| name.starts_with(&documents[1])).count();
    anyhow::ensure!(pages(&packed) == pages(&installed), "the package has other man pages");
    Ok(())
}
