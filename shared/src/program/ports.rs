use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpSocket;

use super::supervisor::on_this_machine;
use crate::config::HttpConfig;

/// Connections that may wait to be accepted: a burst of clients is not turned away at the door.
const BACKLOG: u32 = 1024;

/// Takes a service's port. To be called inside a tokio runtime.
///
/// # Errors
/// In a sentence, naming the address and the key.
pub fn bind(config: &HttpConfig, service: &str) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(config.host, config.port);
    let key = service.to_ascii_uppercase();
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // So that a restart need not wait until the last connections are forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    listen().map_err(|fault| match fault.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "{service} cannot listen on {address}: another program has taken that port; end it, or set {key}_PORT"
        ),
        ErrorKind::PermissionDenied => anyhow::anyhow!(
            "{service} may not listen on {address}: ports below 1024 are reserved; set {key}_PORT to a higher one"
        ),
        ErrorKind::AddrNotAvailable => anyhow::anyhow!(
            "{service} cannot listen on {address}: this machine has no such address; set {key}_HOST"
        ),
        _ => anyhow::anyhow!("{service} cannot listen on {address} ({key}_HOST, {key}_PORT): {fault}"),
    })
}

/// Asks a service that runs here whether it lives (`/health`) or is ready (`/ready`), for a container's health check.
///
/// # Errors
/// In a sentence, when it is not or does not answer in two seconds.
pub fn health(config: &HttpConfig, path: &str) -> anyhow::Result<()> {
    let limit = Duration::from_secs(2);
    let address = on_this_machine(SocketAddr::new(config.host, config.port));
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        // In one piece: whoever answers the first piece of several and hangs up resets the connection.
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.take(64 * 1024).read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().with_context(|| format!("http://{address}{path} does not answer"))?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    anyhow::ensure!(
        status == "200",
        "http://{address}{path} answers {}",
        answer.lines().next().unwrap_or_default()
    );
    Ok(())
}
