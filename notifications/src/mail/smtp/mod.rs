#[cfg(test)]
mod fake;
mod pool;
mod server;
#[cfg(test)]
mod tests;
mod wire;

use std::{sync::Arc, time::Duration};

use lettre::transport::smtp::Error;

use self::{pool::Pool, server::Server};
use super::{Letterhead, Mail, SendFault};
use crate::domain::one_line;

/// The longest answer of a server that is kept, in characters.
const LONGEST_ANSWER: usize = 300;

/// Refusals that speak of our settings or of the conversation, not of the mail: 503 out of turn, 521 no mail service here, 530
/// and 534 sign in (better), 535 wrong credentials, 538 encrypt first. Giving a mail up over a mistyped password would lose it.
const NOT_ABOUT_THE_MAIL: [u16; 6] = [503, 521, 530, 534, 535, 538];

/// Sends through an SMTP server.
pub struct SmtpMailer {
    mails: Pool,
    /// Whoever asks for the health has a runtime of their own, and a connection ends with the runtime that opened it: theirs
    /// is no mail's.
    health: Pool,
    letterhead: Letterhead,
}

impl SmtpMailer {
    /// `url`: `smtp://user:password@host:port`, `smtps://…` for TLS from the start, `?tls=required` for STARTTLS. At most
    /// `connections` are kept for mails, and one to ask for the health. The server's host is given up after `limit`; for
    /// how long its answers are awaited is for whoever sends or asks.
    ///
    /// # Errors
    /// When the URL is not one of these; the words do not repeat it, for it may hold a password.
    pub fn new(
        url: &str,
        connections: usize,
        limit: Duration,
        letterhead: Letterhead,
    ) -> Result<Self, String> {
        let form =
            "it is not of the form smtp://user:password@host:port (or smtps://…, or with ?tls=required)";
        let server = Arc::new(Server::parse(url).ok_or(form)?);
        Ok(Self {
            mails: Pool::new(server.clone(), connections, limit),
            health: Pool::new(server, 1, limit),
            letterhead,
        })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        let message = self.letterhead.compose(mail).map_err(SendFault::Permanent)?;
        let mut line = self.mails.take().await.map_err(SendFault::Passing)?;
        let sent = line.smtp.send(message.envelope(), &message.formatted()).await;
        sent.map_err(|error| classified(&error))?;
        self.mails.put(line);
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        let line = self.health.take().await.map_err(|_| "the mail server does not answer")?;
        self.health.put(line);
        Ok(())
    }

    pub(super) async fn tidy(&self) {
        futures_util::join!(self.mails.tidy(), self.health.tidy());
    }

    pub(super) async fn close(&self) {
        futures_util::join!(self.mails.close(), self.health.close());
    }
}

fn classified(error: &Error) -> SendFault {
    let text = words(error);
    let code = error.status().map(u16::from);
    if is_final(error.is_permanent(), code) { SendFault::Permanent(text) } else { SendFault::Passing(text) }
}

fn words(error: &Error) -> String {
    without_addresses(&one_line(&error.to_string(), LONGEST_ANSWER))
}

fn is_final(permanent: bool, code: Option<u16>) -> bool {
    permanent && code.is_none_or(|code| !NOT_ABOUT_THE_MAIL.contains(&code))
}

/// Servers like to repeat the address; the reason travels into the log and the audit trail, where it has no business.
fn without_addresses(text: &str) -> String {
    text.split(' ')
        .map(|word| if word.contains('@') { "<address>" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}
