//! An SMTP server over TCP that does as it is told: what a real one would do only on a bad day.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// How the server takes the mails that are brought to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Takes them.
    Takes,
    /// `451`: not now.
    Busy,
    /// `550`: no such user.
    Refuses,
    /// `535` to whoever signs in.
    WrongPassword,
    /// `554` instead of a greeting.
    NoService,
    /// Offers to encrypt, and cannot when it comes to it.
    NoTls,
    /// Takes a mail, says nothing, and hangs up: the client cannot know.
    TakesAndHangsUp,
    /// Takes a mail, says so, and hangs up.
    TakesOne,
    /// Says nothing to a recipient until it is in another mood.
    Waits,
}

/// The server; dropped, it is gone.
pub struct SmtpServer {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
    recipients: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl SmtpServer {
    /// Listens on a free port.
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mood, moods) = watch::channel(mood);
        let mails = Arc::new(Mutex::new(Vec::new()));
        let recipients = Arc::new(Mutex::new(Vec::new()));
        let (kept, seen) = (mails.clone(), recipients.clone());
        #[allow(clippy::disallowed_methods, reason = "a server of the test's own, which no lifecycle knows")]
        let accepting = tokio::spawn(async move {
            let mut sessions = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (moods, kept, seen) = (moods.clone(), kept.clone(), seen.clone());
                sessions.spawn(async move { session(stream, moods, &kept, &seen).await });
            }
        });
        Self { address, mood, mails, recipients, accepting }
    }

    /// Its URL for `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Its URL, with a user and a password.
    pub fn url_with(&self, user: &str, password: &str) -> String {
        format!("smtp://{user}:{password}@{}", self.address)
    }

    /// Another mood from now on.
    pub fn turn(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// What was taken.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.mails.lock().unwrap().clone()
    }

    /// The recipients named in the envelopes, of refused mails too.
    pub fn recipients(&self) -> Vec<String> {
        self.recipients.lock().unwrap().clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One connection. The end of the stream, or a fault on it, ends the session.
async fn session(
    mut stream: TcpStream,
    mut moods: watch::Receiver<Mood>,
    mails: &Mutex<Vec<Vec<u8>>>,
    recipients: &Mutex<Vec<String>>,
) -> Option<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    let greeting: &[u8] = match *moods.borrow() {
        Mood::NoService => b"554 5.3.2 no mail service here\r\n",
        _ => b"220 test ESMTP\r\n",
    };
    write.write_all(greeting).await.ok()?;
    let (mut line, mut in_mail) = (Vec::new(), false);
    loop {
        line.clear();
        if read.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        if verb == "RCPT" {
            moods.wait_for(|mood| *mood != Mood::Waits).await.ok()?;
        }
        let mood_now = *moods.borrow();
        let answer: &[u8] = match (verb.as_str(), mood_now) {
            ("EHLO", Mood::NoTls) => b"250-test\r\n250 STARTTLS\r\n",
            ("STARTTLS", Mood::NoTls) => b"454 4.7.0 no certificate at hand\r\n",
            ("EHLO", _) => b"250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            ("AUTH", Mood::WrongPassword) => b"535 5.7.8 authentication failed\r\n",
            ("AUTH", _) => b"235 2.7.0 welcome\r\n",
            ("MAIL", _) if in_mail => b"503 5.5.1 nested MAIL command\r\n",
            ("MAIL", _) => {
                in_mail = true;
                b"250 2.1.0 fine\r\n"
            }
            ("RSET", _) => {
                in_mail = false;
                b"250 2.0.0 forgotten\r\n"
            }
            ("RCPT", mood) => {
                recipients.lock().unwrap().push(command);
                match mood {
                    Mood::Refuses => b"550 5.1.1 <somebody@example.com>: no such user here\r\n",
                    Mood::Busy => b"451 4.3.0 come back later\r\n",
                    _ => b"250 2.1.5 fine\r\n",
                }
            }
            ("DATA", _) => {
                write.write_all(b"354 go ahead\r\n").await.ok()?;
                let mail = data(&mut read).await?;
                in_mail = false;
                mails.lock().unwrap().push(mail);
                if mood_now == Mood::TakesAndHangsUp {
                    return None;
                }
                if mood_now == Mood::TakesOne {
                    write.write_all(b"250 2.0.0 taken\r\n").await.ok()?;
                    return None;
                }
                b"250 2.0.0 taken\r\n"
            }
            ("QUIT", _) => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return Some(());
            }
            _ => b"250 2.0.0 fine\r\n",
        };
        write.write_all(answer).await.ok()?;
    }
}

/// A mail up to the lone dot, with its doubled dots undone.
async fn data(read: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Vec<u8>> {
    let mut mail = Vec::new();
    loop {
        let mut line = Vec::new();
        if read.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(mail);
        }
        mail.extend_from_slice(if line.starts_with(b"..") { &line[1..] } else { &line });
    }
}
