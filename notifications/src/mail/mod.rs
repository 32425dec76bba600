//! From a notice to a mail on its way: rendering, composing, sending.

mod built_in;
mod changes;
mod check;
mod compose;
mod directory;
mod figures;
mod render;
mod samples;
mod smtp;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod ticket_tests;
mod variables;
#[cfg(test)]
mod wording_tests;

pub use built_in::built_in;
pub use check::{names, tried};
pub use compose::{Letterhead, LetterheadFault, Mail};
pub use directory::DirectoryMailer;
pub use render::{Letter, RenderFault, Renderer};
pub use smtp::SmtpMailer;
pub use variables::{Links, Names, variables};

/// Where mails go: a server, or a folder when there is none.
pub enum Mailer {
    /// An SMTP server, over a bounded pool of connections.
    Smtp(SmtpMailer),
    /// One `.eml` file a mail.
    Directory(DirectoryMailer),
}

/// Why a mail did not go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// It may go later: no connection, no time, a refusal for now (4xx), a fault of the server's settings.
    #[error("{0}")]
    Passing(String),
    /// It will never go: the server refused this mail for good (5xx), or it cannot be composed.
    #[error("{0}")]
    Permanent(String),
}

impl Mailer {
    /// Hands over one mail; `Ok` means that the server has taken it, or that the file is on the disk. Whoever has waited
    /// enough drops it: the conversation ends there, and no other mail comes to hear of it.
    ///
    /// # Errors
    /// Says whether another attempt makes sense.
    pub async fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Directory(directory) => directory.send(mail).await,
        }
    }

    /// Lets go of connections that have had nothing to do for long; to be called now and then.
    pub async fn tidy(&self) {
        match self {
            Self::Smtp(smtp) => smtp.tidy().await,
            Self::Directory(_) => {}
        }
    }

    /// Lets go of all connections; to be called at the end.
    pub async fn close(&self) {
        match self {
            Self::Smtp(smtp) => smtp.close().await,
            Self::Directory(_) => {}
        }
    }

    /// Whether mails can be handed over at this moment.
    ///
    /// # Errors
    /// When the server does not answer, or the folder cannot be written to.
    pub async fn check(&self) -> Result<(), String> {
        match self {
            Self::Smtp(smtp) => smtp.check().await,
            Self::Directory(directory) => directory.check().await,
        }
    }
}
