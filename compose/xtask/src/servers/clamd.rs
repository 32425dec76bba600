//! ClamAV's daemon, with one signature and none of the world's: it takes little memory and is up at once.

use std::path::Path;
use std::process::Command;

use super::ports;
use super::process::{Server, says};

/// What is taken for a virus: the only thing that this daemon knows.
const VIRUS: &str = "HELPDESK-TEST-VIRUS-e0a6f1c5";
/// What it is called.
const NAME: &str = "Helpdesk.Test.Virus";

/// Starts it. In the database each line is a name, the kind of file (0: any), the place (any), and the bytes.
pub fn start(program: &Path, folder: &Path) -> anyhow::Result<(Server, Vec<(&'static str, String)>)> {
    let port = ports::free()?;
    let signatures = folder.join("signatures");
    std::fs::create_dir_all(&signatures)?;
    let bytes: String = VIRUS.bytes().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(signatures.join("test.ndb"), format!("{NAME}:0:*:{bytes}\n"))?;
    let settings = folder.join("clamd.conf");
    std::fs::write(&settings, configuration(port, &signatures, folder))?;
    let mut start = Command::new(program);
    start.arg("--foreground").arg(format!("--config-file={}", settings.display()));
    let server = Server::start("ClamAV", port, &mut start, libc::SIGTERM, folder, move || {
        says(port, "zPING\0", "PONG\0")
    })?;
    Ok((server, vec![("TEST_CLAMD_ADDRESS", format!("127.0.0.1:{port}"))]))
}

fn configuration(port: u16, signatures: &Path, folder: &Path) -> String {
    format!(
        "TCPAddr 127.0.0.1\nTCPSocket {port}\nDatabaseDirectory {}\nTemporaryDirectory {}\nStreamMaxLength 25M\n\
         MaxThreads 10\nSelfCheck 3600\n",
        signatures.display(),
        folder.display()
    )
}
