//! Redis, in memory only.

use std::path::Path;
use std::process::Command;

use super::ports;
use super::process::{Server, says};

/// Starts it without persistence.
pub fn start(program: &Path, folder: &Path) -> anyhow::Result<(Server, Vec<(&'static str, String)>)> {
    let port = ports::free()?;
    let mut start = Command::new(program);
    start.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    start.arg("--dir").arg(folder);
    let server = Server::start("Redis", port, &mut start, libc::SIGTERM, folder, move || {
        says(port, "PING\r\n", "+PONG")
    })?;
    Ok((server, vec![("TEST_REDIS_URL", format!("redis://127.0.0.1:{port}/0"))]))
}
