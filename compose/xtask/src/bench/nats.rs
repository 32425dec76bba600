//! A bare NATS client that puts events into JetStream as a relay would: with their ids, many in flight, each acknowledged.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};

const PATIENCE: Duration = Duration::from_secs(30);
/// How many are sent before their acknowledgements are waited for; a relay's.
const WINDOW: usize = 1_024;
/// Where the answers come.
const INBOX: &str = "_INBOX.helpdesk-bench";

/// A connection.
pub struct Nats {
    server: BufReader<TcpStream>,
}

impl Nats {
    /// Connects.
    ///
    /// # Errors
    /// When the address is more than a host and a port, or nobody answers there.
    pub fn open(url: &str) -> anyhow::Result<Self> {
        let host = url.strip_prefix("nats://").map(|rest| rest.trim_end_matches('/'));
        let host = host.filter(|host| !host.contains(['@', '?', '/', ',']));
        // Not the address: it may hold a password.
        let host = host.context("the bare NATS client knows nats://host:port and nothing else")?;
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut nats = Self { server: BufReader::new(stream) };
        ensure!(nats.line()?.starts_with("INFO "), "this is no NATS server");
        let hello = format!(
            "CONNECT {{\"verbose\":false,\"headers\":true,\"no_responders\":true}}\r\nSUB {INBOX} 1\r\nPING\r\n"
        );
        nats.server.get_mut().write_all(hello.as_bytes())?;
        let said = nats.line()?;
        ensure!(said == "PONG", "the NATS server said {said:?}");
        Ok(nats)
    }

    /// Publishes events, one a line – id, subject, envelope – and gives their number.
    ///
    /// # Errors
    /// When the stream does not take one.
    pub fn publish(&mut self, prefix: &str, events: impl BufRead) -> anyhow::Result<u64> {
        let (mut count, mut waiting, mut bytes) = (0, 0, Vec::new());
        for event in events.lines() {
            let event = event?;
            let mut parts = event.splitn(3, ' ');
            let mut part = || parts.next().context("an event is id, subject and envelope");
            let (id, subject, envelope) = (part()?, part()?, part()?);
            let head = format!("NATS/1.0\r\nNats-Msg-Id: {id}\r\n\r\n");
            let (length, whole) = (head.len(), head.len() + envelope.len());
            write!(bytes, "HPUB {prefix}.{subject} {INBOX} {length} {whole}\r\n{head}{envelope}\r\n")?;
            (count, waiting) = (count + 1, waiting + 1);
            if waiting == WINDOW {
                self.flush(&mut bytes, &mut waiting)?;
            }
        }
        self.flush(&mut bytes, &mut waiting)?;
        Ok(count)
    }

    /// Removes a stream.
    ///
    /// # Errors
    /// When it is not removed.
    pub fn remove(&mut self, stream: &str) -> anyhow::Result<()> {
        let request = format!("PUB $JS.API.STREAM.DELETE.{stream} {INBOX} 0\r\n\r\n");
        self.server.get_mut().write_all(request.as_bytes())?;
        self.answer().map(drop)
    }

    fn flush(&mut self, bytes: &mut Vec<u8>, waiting: &mut usize) -> anyhow::Result<()> {
        self.server.get_mut().write_all(bytes)?;
        bytes.clear();
        for _ in 0..std::mem::take(waiting) {
            self.answer()?;
        }
        Ok(())
    }

    /// The next answer; one that tells of a fault is one.
    fn answer(&mut self) -> anyhow::Result<String> {
        loop {
            let line = self.line()?;
            if line == "PING" {
                self.server.get_mut().write_all(b"PONG\r\n")?;
                continue;
            }
            let length = line.rsplit(' ').next().and_then(|length| length.parse::<usize>().ok());
            let length = length.filter(|_| line.starts_with("MSG ") || line.starts_with("HMSG "));
            let length = length.with_context(|| format!("the NATS server said {line:?}"))?;
            let mut body = vec![0; length + 2];
            self.server.read_exact(&mut body)?;
            let body = String::from_utf8_lossy(&body).trim_end().to_owned();
            ensure!(line.starts_with("MSG ") && !body.contains("\"error\""), "the stream said {body}");
            return Ok(body);
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.server.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_server_is_spoken_to_and_no_password_repeated() {
        for url in ["tls://127.0.0.1:1", "nats://user:pa55word@host:1", "nats://a:1,b:1"] {
            let fault = Nats::open(url).map(drop).unwrap_err().to_string();
            assert!(fault.contains("nothing else") && !fault.contains("pa55word"), "{fault}");
        }
    }
}
