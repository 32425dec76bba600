//! A server that a test starts for itself, and NATS as the repository configures it.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::waiting::until;

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server's process. Dropped, it is killed.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    pub async fn start(command: &mut Command, port: u16, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        let child =
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let server = Self { child, port };
        until("the server answers", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The repository's configuration of NATS in a folder, as a server finds it, with this machine's places in it and the users'
/// passwords from a file.
pub fn nats_configuration(at: &Path, file: &str, passwords: &Path, places: &[(&str, String)]) -> PathBuf {
    std::fs::create_dir_all(at).unwrap();
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("nats/server");
    std::fs::copy(server.join("accounts.conf"), at.join("accounts.conf")).unwrap();
    std::fs::copy(passwords, at.join("passwords.conf")).unwrap();
    let mut text = std::fs::read_to_string(server.join(file)).unwrap();
    for (there, here) in places {
        assert!(text.contains(there), "{file} has no {there}");
        text = text.replace(there, here);
    }
    std::fs::write(at.join(file), text).unwrap();
    at.join(file)
}

/// A single NATS server with the users of the six, in a folder.
pub async fn nats(program: &str, at: &Path, passwords: &Path) -> Server {
    let port = free_port();
    let places = [
        ("0.0.0.0:4222", format!("127.0.0.1:{port}")),
        ("127.0.0.1:8222", format!("127.0.0.1:{}", free_port())),
        ("/var/lib/nats", at.join("store").display().to_string()),
    ];
    let configuration = nats_configuration(at, "single.conf", passwords, &places);
    Server::start(Command::new(program).arg("--config").arg(configuration), port, &at.join("log")).await
}
