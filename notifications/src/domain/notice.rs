use serde::{Deserialize, Serialize};
use shared::{
    clock::Timestamp,
    events::{FieldChange, ReportFigure, ReportPeriod},
    ids::{TicketId, UserId},
};

use super::{Recipient, Template, reason};

macro_rules! notices {
    ($($(#[$doc:meta])* $variant:ident($facts:ty),)*) => {
        /// What a delivery says: the facts that its template shows, as they were when the event happened.
        #[derive(Clone, PartialEq)]
        pub enum Notice {
            $($(#[$doc])* $variant($facts),)*
        }

        impl Notice {
            /// The template that shows it.
            #[must_use]
            pub fn template(&self) -> Template {
                match self { $(Self::$variant(_) => Template::$variant,)* }
            }

            /// The form in which it lies in the database.
            #[must_use]
            pub fn payload(&self) -> String {
                let json = match self { $(Self::$variant(facts) => serde_json::to_string(facts),)* };
                json.expect("strings, ids and times serialise")
            }

            /// Reads what [`Notice::payload`] wrote.
            ///
            /// # Errors
            /// When it is something else, as a payload that was overwritten is.
            pub fn read(template: Template, payload: &str) -> Result<Self, serde_json::Error> {
                Ok(match template {
                    $(Template::$variant => Self::$variant(serde_json::from_str(payload)?),)*
                })
            }
        }
    };
}

notices! {
    /// A ticket was opened.
    TicketCreated(TicketFacts),
    /// A ticket came in, and nobody has it.
    TicketUnassigned(Assignment),
    /// A ticket is the reader's to work on.
    TicketAssigned(Assignment),
    /// Something about a ticket changed.
    TicketUpdated(TicketNews),
    /// Somebody wrote on a ticket.
    TicketCommented(TicketNews),
    /// A ticket is done.
    TicketResolved(TicketNews),
    /// A ticket is over.
    TicketClosed(TicketNews),
    /// A ticket is not over after all.
    TicketReopened(TicketNews),
    /// A clock has nearly run out.
    SlaWarning(Alarm),
    /// A clock has run out.
    SlaBreach(Alarm),
    /// A file was infected.
    FileRefused(Refusal),
    /// The account is new.
    Welcome(Moment),
    /// Prove the address.
    EmailVerification(SecretLink),
    /// Set a new password.
    PasswordReset(SecretLink),
    /// The password was changed.
    PasswordChanged(Moment),
    /// The role was changed.
    RoleChanged(RoleChange),
    /// The figures of a day, a week or a month are there.
    ReportReady(ReportFacts),
    /// What came together.
    Digest(Collection),
}

/// Which ticket, and what it was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketLabel {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title, as the user wrote it.
    pub title: String,
}

/// A ticket as it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketFacts {
    /// Which one.
    #[serde(flatten)]
    pub label: TicketLabel,
    /// Its priority.
    pub priority: String,
    /// Its category.
    pub category: String,
}

/// A ticket as it was given to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Which one.
    #[serde(flatten)]
    pub label: TicketLabel,
    /// Its priority.
    pub priority: String,
    /// Who opened it; what they are called is looked up when the mail is sent, so no name lies about here.
    pub requester: UserId,
    /// When it should be resolved.
    pub due_at: Timestamp,
}

/// What happened to a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketNews {
    /// Which one.
    #[serde(flatten)]
    pub label: TicketLabel,
    /// Its status changed.
    pub moved: Option<Move>,
    /// What else changed, as the event told it.
    pub changes: Vec<FieldChange>,
    /// What was said about it.
    pub comment: Option<String>,
    /// Whether what was said is for agents only; then it stands in the ticket and not here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_internal: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A ticket whose clock runs out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Which one, who opened it, and when the clock runs out.
    #[serde(flatten)]
    pub ticket: Assignment,
    /// Whether it is the clock until the first answer; else it is the one until the resolution.
    pub is_response: bool,
}

/// A file that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The ticket that it was meant for.
    pub ticket_id: TicketId,
    /// Its name, as the uploader gave it.
    pub file_name: String,
    /// What the scanner calls what it found.
    pub signature: String,
}

/// From one role to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleChange {
    /// The role before.
    pub from: String,
    /// The role after.
    pub to: String,
    /// When.
    pub at: Timestamp,
}

/// The figures of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportFacts {
    /// Which report.
    pub kind: String,
    /// How long the time is that it is about.
    pub period: ReportPeriod,
    /// The first moment that it is about.
    pub from: Timestamp,
    /// The first moment that it is not about any more.
    pub to: Timestamp,
    /// Its key numbers.
    pub figures: Vec<ReportFigure>,
}

/// Notices that go out together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// The oldest of them, in their order.
    pub items: Vec<Collected>,
    /// How many there are in all.
    pub count: usize,
}

/// One of several notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Collected {
    /// Its template's name.
    pub template: String,
    /// Its facts, as stored.
    pub payload: String,
    /// When it was ordered.
    pub at: Timestamp,
}

/// From one status to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// The status before.
    pub from: String,
    /// The status after.
    pub to: String,
}

/// A link that only its recipient may know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretLink {
    /// What makes the link worth something.
    pub token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// When something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// When.
    pub at: Timestamp,
}

impl Notice {
    /// The ticket that it is about.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::TicketCreated(facts) => Some(facts.label.ticket_id),
            Self::TicketUnassigned(ticket)
            | Self::TicketAssigned(ticket)
            | Self::SlaWarning(Alarm { ticket, .. })
            | Self::SlaBreach(Alarm { ticket, .. }) => Some(ticket.label.ticket_id),
            Self::TicketUpdated(news)
            | Self::TicketCommented(news)
            | Self::TicketResolved(news)
            | Self::TicketClosed(news)
            | Self::TicketReopened(news) => Some(news.label.ticket_id),
            Self::FileRefused(refusal) => Some(refusal.ticket_id),
            Self::Welcome(_)
            | Self::EmailVerification(_)
            | Self::PasswordReset(_)
            | Self::PasswordChanged(_)
            | Self::RoleChanged(_)
            | Self::ReportReady(_)
            | Self::Digest(_) => None,
        }
    }

    /// Whom it names beside its reader.
    #[must_use]
    pub fn names(&self) -> Option<UserId> {
        match self {
            Self::TicketUnassigned(ticket)
            | Self::TicketAssigned(ticket)
            | Self::SlaWarning(Alarm { ticket, .. })
            | Self::SlaBreach(Alarm { ticket, .. }) => Some(ticket.requester),
            _ => None,
        }
    }

    /// When it becomes worthless.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::EmailVerification(link) | Self::PasswordReset(link) => Some(link.expires_at),
            _ => None,
        }
    }

    /// Why this reader may not have it, whatever they want: it is for those who administer, or for those who work tickets.
    #[must_use]
    pub fn withheld_from(&self, reader: &Recipient) -> Option<&'static str> {
        match self {
            Self::ReportReady(_) => (!reader.is_administrator()).then_some(reason::NOT_AN_ADMINISTRATOR),
            _ => (self.is_for_agents() && reader.is_no_agent()).then_some(reason::NOT_AN_AGENT),
        }
    }

    /// Whether it is only for those who work tickets.
    #[must_use]
    pub fn is_for_agents(&self) -> bool {
        match self {
            Self::TicketUnassigned(_) | Self::SlaWarning(_) | Self::SlaBreach(_) => true,
            Self::TicketCommented(news) => news.is_internal,
            _ => false,
        }
    }
}

/// What a payload is overwritten with.
pub const SCRUBBED: &str = "{}";

/// The secret stays out of logs, whoever formats it.
impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Notice({})", self.template())
    }
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
