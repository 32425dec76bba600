//! PostgreSQL, with fsync as in production.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::ports;
use super::process::Server;
use crate::command;
use crate::stop::Stop;

const NAME: &str = "PostgreSQL";
/// Enough for many tests at a time, each with a private database and pools of its own.
const CONNECTIONS: &str = "max_connections=400";

/// Where a PostgreSQL that was started here writes its log, known by the folder of its data.
pub fn log(data: &Path) -> PathBuf {
    let folder = data.ancestors().nth(2).unwrap_or(data);
    super::process::log(folder, NAME)
}

/// Makes a cluster and starts it, as another user when we are root, as PostgreSQL demands.
pub fn start(
    bin: &Path,
    folder: &Path,
    stop: &Stop,
) -> anyhow::Result<(Server, Vec<(&'static str, String)>)> {
    let port = ports::free()?;
    let home = folder.join("postgres");
    std::fs::create_dir(&home)?;
    let user = other_user()?;
    if let Some((uid, gid)) = user {
        chown(&home, Some(uid), Some(gid))?;
    }
    let data = home.join("data");
    let program = |name: &str| {
        let mut program = Command::new(bin.join(name));
        program.current_dir(&home).env("LC_ALL", "C.UTF-8");
        if let Some((uid, gid)) = user {
            program.uid(uid).gid(gid);
        }
        program
    };
    let mut initdb = program("initdb");
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--pgdata"]);
    command::quiet(initdb.arg(&data), stop)?;
    let mut start = program("postgres");
    start.arg("-D").arg(&data).args(["-p", &port.to_string()]);
    // The benchmark measures from commit to commit.
    let settings = [
        "listen_addresses=127.0.0.1",
        CONNECTIONS,
        "unix_socket_directories=",
        "logging_collector=off",
        "track_commit_timestamp=on",
    ];
    for setting in settings {
        start.args(["-c", setting]);
    }
    let pg_isready = bin.join("pg_isready");
    let answers = move || {
        let mut asked = Command::new(&pg_isready);
        asked.args(["--quiet", "--host=127.0.0.1", "--port", &port.to_string()]);
        asked.status().is_ok_and(|status| status.success())
    };
    // SIGINT: it ends its sessions and writes its last checkpoint, rather than to wait for its clients.
    let server = Server::start(NAME, port, &mut start, libc::SIGINT, folder, answers)?;
    let told = vec![("TEST_DATABASE_URL", format!("postgres://postgres@127.0.0.1:{port}/postgres"))];
    Ok((server, told))
}

/// As root: the user `postgres` of the package or, without one, `nobody`.
fn other_user() -> anyhow::Result<Option<(u32, u32)>> {
    // SAFETY: `geteuid` cannot fail and touches no memory.
    if unsafe { libc::geteuid() } != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").context("the list of users cannot be read")?;
    let found = user(&users, "postgres").or_else(|| user(&users, "nobody"));
    found
        .map(Some)
        .context("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`")
}

fn user(users: &str, name: &str) -> Option<(u32, u32)> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users =
            "root:x:0:0:root:/:/bin/sh\npostgresql:x:7:8::/:\npostgres:x:108:115:PostgreSQL:/:/bin/bash\n";
        assert_eq!(user(users, "postgres"), Some((108, 115)));
        assert_eq!(user(users, "nobody"), None);
    }
}
