//! The files of `compose/systemd`, looked at without a systemd that runs: installed twice into a folder, read by
//! `systemd-analyze`, and taken away again.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::generate::{Files, files};
use crate::place;
use crate::stop::Stop;

/// Names that the units and the scripts know.
const SERVICES: [&str; 6] = ["auth", "users", "tickets", "files", "notifications", "audit"];

/// The exposure that a unit may have, times ten: 0 is a unit that can do nothing, 100 one that can do everything.
const EXPOSURE: u8 = 10;

/// Looks at the scripts and the units and says what was looked at, or left out.
pub fn check(stop: &Stop) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let (binaries, root) = (folder.path().join("binaries"), folder.path().join("root"));
    for program in users_and_programs() {
        stand_in(&binaries.join(program))?;
    }
    install(&binaries, &root, stop)?;
    let first = files(&root)?;
    users(&folder.path().join("users"), stop)?;
    let read = folder.path().join("read");
    install(&binaries, &read, stop)?;
    let told = analyzed(&read, stop)?;
    install_again(&binaries, &root, &first, stop)?;
    uninstall(&root, stop)?;
    Ok(told)
}

/// Each program has a user of its name.
fn users_and_programs() -> impl Iterator<Item = String> {
    std::iter::once("helpdesk".to_owned()).chain(SERVICES.map(|name| format!("helpdesk-{name}")))
}

/// Where the units look for a program something that can be run has to be.
fn stand_in(program: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(program.parent().context("a program lies in a folder")?)?;
    std::fs::write(program, "#!/bin/sh\n")?;
    Ok(std::fs::set_permissions(program, PermissionsExt::from_mode(0o755))?)
}

/// Installs what lies in this checkout below a folder.
pub fn install(binaries: &Path, root: &Path, stop: &Stop) -> anyhow::Result<()> {
    let mut install = Command::new(place::root().join("compose/systemd/install.sh"));
    command::quiet(install.arg("--binaries").arg(binaries).arg("--root").arg(root), stop).map(drop)
}

/// Settings that somebody has changed stay, and all else becomes what it was.
fn install_again(binaries: &Path, root: &Path, first: &Files, stop: &Stop) -> anyhow::Result<()> {
    let (settings, unit) = ("etc/helpdesk/helpdesk.env", "usr/lib/systemd/system/helpdesk@.service");
    std::fs::write(root.join(settings), "LOG_LEVEL=debug\n")?;
    std::fs::write(root.join(unit), "")?;
    install(binaries, root, stop)?;
    let mut wanted = first.clone();
    wanted.insert(settings.into(), b"LOG_LEVEL=debug\n".to_vec());
    anyhow::ensure!(files(root)? == wanted, "install.sh, run twice, does not leave what it should");
    Ok(())
}

fn uninstall(root: &Path, stop: &Stop) -> anyhow::Result<()> {
    let script = place::root().join("compose/systemd/uninstall.sh");
    let run = |more: &[&str]| {
        command::quiet(Command::new(&script).args(more).arg("--root").arg(root), stop).map(drop)
    };
    let (secret, data) = ("etc/helpdesk/secrets/auth/jwt_secret", "var/lib/helpdesk/files/uploads/one");
    for file in [secret, data].map(|file| root.join(file)) {
        std::fs::create_dir_all(file.parent().context("it lies in a folder")?)?;
        std::fs::write(file, "x")?;
    }
    run(&[])?;
    run(&[])?;
    let left: Vec<PathBuf> = files(root)?.into_keys().collect();
    let ours = |file: &PathBuf| file.starts_with("etc/helpdesk") || file.starts_with("var/lib/helpdesk");
    let kept = [secret, data, "etc/helpdesk/helpdesk.env"].iter().all(|file| left.contains(&file.into()));
    anyhow::ensure!(kept && left.iter().all(ours), "uninstall.sh leaves {left:?}");
    run(&["--purge"])?;
    run(&["--purge"])?;
    let left = files(root)?;
    anyhow::ensure!(left.is_empty(), "uninstall.sh --purge leaves {:?}", left.keys());
    Ok(())
}

/// A user for each unit, as systemd makes them from the file that the package brings.
fn users(root: &Path, stop: &Stop) -> anyhow::Result<()> {
    let Some(program) = place::on_path("systemd-sysusers") else { return Ok(()) };
    std::fs::create_dir_all(root.join("etc"))?;
    let file = place::root().join("compose/systemd/sysusers.d/helpdesk.conf");
    command::quiet(Command::new(program).arg(format!("--root={}", root.display())).arg(file), stop)?;
    let passwd = std::fs::read_to_string(root.join("etc/passwd"))?;
    for name in users_and_programs() {
        anyhow::ensure!(
            passwd.lines().any(|line| line.starts_with(&format!("{name}:"))),
            "there is no user {name}"
        );
    }
    Ok(())
}

/// What systemd itself says of the units.
fn analyzed(root: &Path, stop: &Stop) -> anyhow::Result<String> {
    let Some(analyze) = place::on_path("systemd-analyze") else {
        return Ok(
            "install.sh and uninstall.sh; the units SKIPPED: there is no systemd-analyze here".to_owned()
        );
    };
    let units = root.join("usr/lib/systemd/system");
    // What the package does not bring: a shell, and the NATS server with its unit where README.md puts them.
    for program in ["bin/sh", "usr/local/bin/nats-server"] {
        stand_in(&root.join(program))?;
    }
    let nats = "nats-server.service";
    std::fs::copy(root.join("usr/share/helpdesk/compose/systemd").join(nats), units.join(nats))?;
    let each = SERVICES
        .iter()
        .flat_map(|name| [format!("helpdesk@{name}.service"), format!("helpdesk@{name}.socket")]);
    let mut verify = Command::new(&analyze);
    verify.args(["verify", "--man=no", "--recursive-errors=no"]).arg(format!("--root={}", root.display()));
    verify.args(each.chain(["helpdesk.target", "helpdesk.service", nats].map(str::to_owned)));
    // What it only warns of, as a key that it does not know, is a fault as well.
    let said = command::words(&mut verify, stop).context("systemd-analyze verify")?;
    anyhow::ensure!(said.trim().is_empty(), "systemd-analyze verify:\n{said}");
    let mut exposed = Vec::new();
    for unit in ["helpdesk@.service", "helpdesk.service"] {
        let mut security = Command::new(&analyze);
        security.args(["security", "--no-pager", "--offline=true"]).arg(format!("--threshold={EXPOSURE}"));
        let said = command::words(security.arg(units.join(unit)), stop).with_context(|| {
            format!("systemd-analyze security: {unit} is exposed to more than {EXPOSURE}")
        })?;
        let level = said.lines().rev().find_map(|line| line.split_once(".service: ")).map(|(_, level)| level);
        exposed.push(level.and_then(|level| level.split(' ').next()).unwrap_or("?").to_owned());
    }
    Ok(format!("install.sh, uninstall.sh; units verified, their exposure {}", exposed.join(" and ")))
}
