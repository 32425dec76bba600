use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{Error, PoolConfig},
};

use super::{Letterhead, Mail, SendFault};
use crate::domain::one_line;

/// The longest answer of a server that is kept, in characters.
const LONGEST_ANSWER: usize = 300;

/// Refusals that speak of our settings or of the conversation, not of the mail: 503 out of turn, 521 no mail service here, 530
/// and 534 sign in (better), 535 wrong credentials, 538 encrypt first. Giving a mail up over a mistyped password would lose it.
const NOT_ABOUT_THE_MAIL: [u16; 6] = [503, 521, 530, 534, 535, 538];

/// Sends through an SMTP server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    letterhead: Letterhead,
}

impl SmtpMailer {
    /// `url`: `smtp://user:password@host:port`, `smtps://…` for TLS from the start, `?tls=required` for STARTTLS. At most
    /// `connections` are kept, and each answer of the server is awaited for `timeout`.
    ///
    /// # Errors
    /// When the URL is not one of these; the words do not repeat it, for it may hold a password.
    pub fn new(
        url: &str,
        connections: u32,
        timeout: Duration,
        letterhead: Letterhead,
    ) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| {
                "it is not of the form smtp://user:password@host:port (or smtps://…, or with ?tls=required)"
                    .to_owned()
            })?
            .timeout(Some(timeout))
            .pool_config(PoolConfig::new().max_size(connections))
            .build();
        Ok(Self { transport, letterhead })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        let message = self.letterhead.compose(mail).map_err(SendFault::Permanent)?;
        let transport = self.transport.clone();
        // A conversation that is dropped half-way goes back into the pool as it is, and the next mail reads its answers. So it is
        // led to its end, by the time limit on each answer, also when nobody waits for it any more.
        #[allow(clippy::disallowed_methods, reason = "it ends by itself, and nobody misses it")]
        let conversation = tokio::spawn(async move { transport.send(message).await });
        match conversation.await {
            Ok(sent) => sent.map(|_| ()).map_err(|error| classified(&error)),
            Err(broken) => Err(SendFault::Passing(format!("the conversation broke off: {broken}"))),
        }
    }

    pub(super) async fn check(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err("the mail server does not answer".to_owned()),
        }
    }
}

fn classified(error: &Error) -> SendFault {
    let text = without_addresses(&one_line(&error.to_string(), LONGEST_ANSWER));
    let code = error.status().map(u16::from);
    if is_final(error.is_permanent(), code) { SendFault::Permanent(text) } else { SendFault::Passing(text) }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SmtpMailer, is_final, without_addresses};
    use crate::mail::Letterhead;

    #[test]
    fn a_refusal_is_final_when_it_is_about_the_mail() {
        for (permanent, code, expected) in [
            (true, Some(550), true),
            (true, Some(553), true),
            (true, Some(554), true),
            (true, Some(552), true),
            (true, Some(535), false),
            (true, Some(530), false),
            (true, Some(521), false),
            (true, Some(503), false),
            (false, Some(421), false),
            (false, Some(451), false),
            (false, None, false),
        ] {
            assert_eq!(is_final(permanent, code), expected, "{code:?}");
        }
    }

    #[test]
    fn a_server_answer_keeps_no_address() {
        assert_eq!(
            without_addresses("550 5.1.1 <alice@example.com>: no such user"),
            "550 5.1.1 <address> no such user"
        );
    }

    #[test]
    fn a_bad_url_is_not_repeated() {
        let letterhead = Letterhead::new("helpdesk@example.com", None).unwrap();
        for url in ["http://user:pa55word@host", "smtp://user:pa55word@host?tls=maybe", "pa55word"] {
            let fault = SmtpMailer::new(url, 1, Duration::from_secs(1), letterhead.clone()).err().unwrap();
            assert!(!fault.contains("pa55word"), "{fault}");
        }
    }
}
