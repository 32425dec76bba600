use std::time::SystemTime;

use lettre::{
    Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use shared::{
    clock::Timestamp,
    ids::{DeliveryId, TicketId},
};

use super::Letter;
use crate::domain::{Language, MailAddress};

/// One mail, ready but for its form.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The delivery that it belongs to.
    pub delivery: DeliveryId,
    /// Where it goes.
    pub to: MailAddress,
    /// What it says.
    pub letter: Letter,
    /// The language that it says it in.
    pub language: Language,
    /// The ticket whose thread it belongs to.
    pub thread: Option<TicketId>,
    /// Where its reader says that they do not want such mails.
    pub unsubscribe: Option<String>,
    /// When it is sent.
    pub at: Timestamp,
}

/// Who writes, and the domain that names our messages.
#[derive(Clone, Debug)]
pub struct Letterhead {
    from: Mailbox,
    domain: String,
}

/// Why a sender or a domain cannot stand on a letter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterheadFault {
    /// Not `address` or `Name <address>`.
    #[error("a sender is written `address` or `Name <address>`: {0}")]
    Sender(String),
    /// Not a host name.
    #[error("a domain has letters, digits, dots and hyphens only")]
    Domain,
}

impl Letterhead {
    /// `from` is an address, with or without a name before it; without a `domain` the address's own is taken.
    ///
    /// # Errors
    /// When either is malformed or has a control character in it.
    pub fn new(from: &str, domain: Option<&str>) -> Result<Self, LetterheadFault> {
        if from.chars().any(char::is_control) {
            return Err(LetterheadFault::Sender("a control character".into()));
        }
        let from: Mailbox = from.parse().map_err(|fault| LetterheadFault::Sender(format!("{fault}")))?;
        let domain = domain.unwrap_or_else(|| from.email.domain()).to_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if domain.is_empty() || domain.starts_with('.') || !domain.chars().all(plain) {
            return Err(LetterheadFault::Domain);
        }
        Ok(Self { from, domain })
    }

    /// What stands in where the settings are faulty, until all faults are told.
    #[must_use]
    pub fn stand_in() -> Self {
        let address = lettre::Address::new("helpdesk", "localhost").expect("a plain address");
        Self { from: Mailbox::new(None, address), domain: "localhost".to_owned() }
    }

    /// `<delivery>@<domain>`: the same for every attempt, so a repeat after a kill is recognised as one.
    #[must_use]
    pub fn message_id(&self, delivery: DeliveryId) -> String {
        format!("{delivery}@{}", self.domain)
    }

    /// The mail as it travels.
    ///
    /// # Errors
    /// When the address is none after all; the mail can then never go.
    pub fn compose(&self, mail: &Mail) -> Result<Message, String> {
        let address =
            mail.to.as_str().parse().map_err(|fault| format!("the address is malformed: {fault}"))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            // No name beside the address: it is the user's own text, and the greeting has it.
            .to(Mailbox::new(None, address))
            .subject(&mail.letter.subject)
            .date(SystemTime::from(mail.at))
            .message_id(Some(format!("<{}>", self.message_id(mail.delivery))))
            // RFC 3834: no vacation notices in return, please.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", mail.language.as_str()));
        if let Some(page) = &mail.unsubscribe {
            // RFC 2369; made from the configuration, whose URL was parsed.
            builder = builder.raw_header(header("List-Unsubscribe", &format!("<{page}>")));
        }
        if let Some(ticket) = mail.thread {
            // Nobody ever gets the mail named here; to a mail program it is what the mails on one ticket share.
            let thread = format!("<ticket-{ticket}@{}>", self.domain);
            builder = builder.in_reply_to(thread.clone()).references(thread);
        }
        let body = MultiPart::alternative()
            .boundary(format!("helpdesk-{}", mail.delivery))
            .singlepart(SinglePart::plain(mail.letter.text.clone()))
            .singlepart(SinglePart::html(mail.letter.html.clone()));
        builder.multipart(body).map_err(|fault| format!("the mail cannot be composed: {fault}"))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
