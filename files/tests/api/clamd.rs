//! A virus scanner behind a gate: the ClamAV daemon that `TEST_CLAMD_ADDRESS` names, or one that speaks as it does.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::bucket::{Gate, guard};

/// What both take for a virus.
pub const VIRUS: &str = "HELPDESK-TEST-VIRUS-e0a6f1c5";

/// A scanner of one test's own.
pub struct TestScanner {
    pub address: String,
    gate: watch::Sender<Gate>,
}

impl TestScanner {
    pub async fn start() -> Self {
        let server = match std::env::var("TEST_CLAMD_ADDRESS") {
            Ok(address) => address,
            Err(_) => {
                let verdict = |infected| match infected {
                    true => "stream: Helpdesk.Test.Virus.UNOFFICIAL FOUND\0".to_owned(),
                    false => "stream: OK\0".to_owned(),
                };
                speaking(verdict).await
            }
        };
        let (gate, state) = watch::channel(Gate::Open);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(guard(listener, server, state));
        Self { address, gate }
    }

    pub fn set(&self, gate: Gate) {
        self.gate.send(gate).unwrap();
    }

    /// The settings of a service that has its files looked at by it.
    pub fn settings(&self) -> [(&'static str, &str); 2] {
        [("ENABLE_VIRUS_SCAN", "true"), ("CLAMD_ADDRESS", &self.address)]
    }
}

/// Starts what speaks as clamd does, and answers what the test says to a stream that has the virus in it or has not; its
/// address.
pub async fn speaking(verdict: impl Fn(bool) -> String + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let verdict = verdict.clone();
            tokio::spawn(async move {
                // Who hangs up in the middle is no news.
                let _ = converse(socket, verdict).await;
            });
        }
    });
    address
}

async fn converse(mut socket: TcpStream, verdict: impl Fn(bool) -> String) -> std::io::Result<()> {
    let mut command = Vec::new();
    while !command.ends_with(b"\0") {
        command.push(socket.read_u8().await?);
    }
    if command == b"zPING\0" {
        return socket.write_all(b"PONG\0").await;
    }
    assert_eq!(command, b"zINSTREAM\0");
    // Of what went by only as much as a virus may begin in.
    let (mut stream, mut infected) = (Vec::new(), false);
    loop {
        let length = socket.read_u32().await? as usize;
        if length == 0 {
            return socket.write_all(verdict(infected).as_bytes()).await;
        }
        stream.drain(..stream.len().saturating_sub(VIRUS.len()));
        let end = stream.len();
        stream.resize(end + length, 0);
        socket.read_exact(&mut stream[end..]).await?;
        infected |= String::from_utf8_lossy(&stream).contains(VIRUS);
    }
}
