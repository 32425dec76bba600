//! A bare SMTP client: what the mails of notifications are measured against.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

const PATIENCE: Duration = Duration::from_secs(30);
/// What the server of the tests writes on a mail in a folder: who sent it to whom.
const ENVELOPE: [&str; 3] = ["X-Peer:", "X-MailFrom:", "X-RcptTo:"];

/// A mail with its envelope, as it travels.
pub struct Letter {
    from: String,
    to: String,
    /// Lines that end in CR and LF, the dots doubled at their beginnings, and the last one.
    text: Vec<u8>,
}

impl Letter {
    /// Reads a mail that the server has put into a folder.
    ///
    /// # Errors
    /// When it does not say from whom and to whom.
    pub fn read(file: &str) -> anyhow::Result<Self> {
        let end = file.lines().take_while(|line| !line.is_empty()).count();
        let named = |name: &str| -> anyhow::Result<String> {
            let found = file.lines().take(end).find_map(|line| line.strip_prefix(name));
            Ok(found.with_context(|| format!("a mail has no {name}"))?.trim().to_owned())
        };
        let mut text = String::new();
        for (number, line) in file.lines().enumerate() {
            if number < end && ENVELOPE.iter().any(|name| line.starts_with(name)) {
                continue;
            }
            let dot = if line.starts_with('.') { "." } else { "" };
            text += &format!("{dot}{line}\r\n");
        }
        Ok(Self { from: named("X-MailFrom:")?, to: named("X-RcptTo:")?, text: (text + ".\r\n").into_bytes() })
    }
}

/// Sends all of them over so many connections at once: how many a second.
pub fn send(url: &str, letters: &[Letter], connections: usize) -> anyhow::Result<f64> {
    let host = url.strip_prefix("smtp://").map(|rest| rest.trim_end_matches('/'));
    let host = host.filter(|host| !host.contains(['@', '?', '/']));
    // Not the address: it may hold a password.
    let host = host.context("the bare SMTP client knows smtp://host:port and nothing else")?;
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let client = || -> anyhow::Result<()> {
        let mut server = Dialogue::open(host)?;
        while let Some(letter) = letters.get(next.fetch_add(1, Ordering::Relaxed)) {
            server.send(letter)?;
        }
        server.say(b"QUIT\r\n", "221")
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections).map(|_| scope.spawn(client)).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
    });
    let elapsed = begun.elapsed();
    results.into_iter().collect::<anyhow::Result<()>>()?;
    Ok(letters.len() as f64 / elapsed.as_secs_f64())
}

struct Dialogue {
    server: BufReader<TcpStream>,
}

impl Dialogue {
    fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut dialogue = Self { server: BufReader::new(stream) };
        dialogue.hear("220")?;
        dialogue.say(b"EHLO localhost\r\n", "250")?;
        Ok(dialogue)
    }

    fn send(&mut self, letter: &Letter) -> anyhow::Result<()> {
        self.say(format!("MAIL FROM:<{}>\r\n", letter.from).as_bytes(), "250")?;
        self.say(format!("RCPT TO:<{}>\r\n", letter.to).as_bytes(), "250")?;
        self.say(b"DATA\r\n", "354")?;
        self.say(&letter.text, "250")
    }

    fn say(&mut self, words: &[u8], expected: &str) -> anyhow::Result<()> {
        self.server.get_mut().write_all(words)?;
        self.hear(expected)
    }

    /// An answer of one line or of several, of which all but the last have a hyphen after the code.
    fn hear(&mut self, expected: &str) -> anyhow::Result<()> {
        loop {
            let mut line = String::new();
            self.server.read_line(&mut line)?;
            ensure!(line.starts_with(expected), "the SMTP server said {line:?} instead of {expected}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_in_a_folder_becomes_what_was_sent() {
        let file =
            "Subject: x\nX-Peer: y\nX-MailFrom: a@example.com\nX-RcptTo: b@example.com\n\n.dot\nX-Peer: z\n";
        let letter = Letter::read(file).unwrap();
        assert_eq!((letter.from.as_str(), letter.to.as_str()), ("a@example.com", "b@example.com"));
        assert_eq!(String::from_utf8(letter.text).unwrap(), "Subject: x\r\n\r\n..dot\r\nX-Peer: z\r\n.\r\n");
        assert!(Letter::read("Subject: x\n\nX-MailFrom: a\nX-RcptTo: b\n").is_err());
    }

    #[test]
    fn only_a_bare_server_is_spoken_to_and_no_password_repeated() {
        for url in ["smtps://127.0.0.1:1", "smtp://user:pa55word@host:1", "smtp://host:1?tls=required"] {
            let fault = send(url, &[], 1).unwrap_err().to_string();
            assert!(fault.contains("nothing else") && !fault.contains("pa55word"), "{fault}");
        }
    }
}
