//! apt-get, as root or through sudo.

use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

/// Installs what is named in its arguments and starts no service: the policy file that forbids it is ours for that moment
/// only. The package lists are fetched when the first try fails, since fresh images come without them.
const SCRIPT: &str = r#"
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends "$@" || {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@"
}
"#;

/// Whether this system is Debian or made from it.
pub fn is_here() -> bool {
    let about = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    is_debian(&about) && place::on_path("apt-get").is_some()
}

/// Installs packages.
pub fn install(packages: &[&str], stop: &Stop) -> anyhow::Result<()> {
    let words = packages.join(" ");
    println!("Installing {words} with apt-get …");
    // SAFETY: `geteuid` cannot fail and touches no memory.
    let root = unsafe { libc::geteuid() } == 0;
    let mut install = if root {
        Command::new("sh")
    } else {
        let sudo = place::on_path("sudo")
            .with_context(|| format!("as root, please: apt-get install {words} (there is no sudo here)"))?;
        let mut sudo = Command::new(sudo);
        sudo.arg("sh");
        sudo
    };
    install.args(["-c", SCRIPT, "apt-get install"]).args(packages);
    let status = command::converse(&mut install, stop)?;
    stop.check()?;
    anyhow::ensure!(
        status.success(),
        "apt-get could not install {words} ({status}); its own words are above"
    );
    Ok(())
}

fn is_debian(about: &str) -> bool {
    about.lines().any(|line| match line.split_once('=') {
        Some(("ID" | "ID_LIKE", value)) => value.trim_matches('"').split(' ').any(|word| word == "debian"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_its_children_are_known() {
        assert!(is_debian("NAME=x\nID=debian\n"));
        assert!(is_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(is_debian("ID=pop\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nNAME=\"not debian\"\n"));
    }
}
