//! An SMTP server that delivers whatever comes into one Maildir.

use std::path::Path;
use std::process::Command;

use super::ports;
use super::process::{Server, says};

/// Starts it. The tests read the mails as files; sender and recipients of the envelope are in `X-MailFrom` and `X-RcptTo`.
pub fn start(program: &Path, folder: &Path) -> anyhow::Result<(Server, Vec<(&'static str, String)>)> {
    let port = ports::free()?;
    let mails = folder.join("mails");
    let mut start = Command::new(program);
    start.args([
        "--nosetuid",
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--class",
        "aiosmtpd.handlers.Mailbox",
    ]);
    start.arg(&mails);
    let server =
        Server::start("SMTP", port, &mut start, libc::SIGTERM, folder, move || says(port, "", "220 "))?;
    let told = vec![
        ("TEST_SMTP_URL", format!("smtp://127.0.0.1:{port}")),
        ("TEST_SMTP_MAILDIR", mails.display().to_string()),
    ];
    Ok((server, told))
}
