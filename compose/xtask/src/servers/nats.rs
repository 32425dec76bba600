//! NATS with JetStream.

use std::path::Path;
use std::process::Command;

use super::ports;
use super::process::{Server, says};

/// Starts it with a store of its own.
pub fn start(program: &Path, folder: &Path) -> anyhow::Result<(Server, Vec<(&'static str, String)>)> {
    let port = ports::free()?;
    let mut start = Command::new(program);
    start.args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"]);
    start.arg(folder.join("nats"));
    let server =
        Server::start("NATS", port, &mut start, libc::SIGTERM, folder, move || says(port, "", "INFO {"))?;
    Ok((server, vec![("TEST_NATS_URL", format!("nats://127.0.0.1:{port}"))]))
}
