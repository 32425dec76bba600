use serde::{Deserialize, Serialize};
use shared::{clock::Timestamp, ids::TicketId};

use super::Template;

/// What a delivery says: the facts that its template shows, as they were when the event happened.
#[derive(Clone, PartialEq, Eq)]
pub enum Notice {
    /// A ticket was opened.
    TicketCreated(TicketFacts),
    /// Prove the address.
    EmailVerification(SecretLink),
    /// Set a new password.
    PasswordReset(SecretLink),
    /// The password was changed.
    PasswordChanged(Moment),
}

/// A ticket as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketFacts {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its number.
    pub ticket_number: String,
    /// Its title, as the user wrote it.
    pub title: String,
    /// Its priority.
    pub priority: String,
    /// Its category.
    pub category: String,
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
    /// The template that shows it.
    #[must_use]
    pub fn template(&self) -> Template {
        match self {
            Self::TicketCreated(_) => Template::TicketCreated,
            Self::EmailVerification(_) => Template::EmailVerification,
            Self::PasswordReset(_) => Template::PasswordReset,
            Self::PasswordChanged(_) => Template::PasswordChanged,
        }
    }

    /// The ticket that it is about.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::TicketCreated(facts) => Some(facts.ticket_id),
            Self::EmailVerification(_) | Self::PasswordReset(_) | Self::PasswordChanged(_) => None,
        }
    }

    /// When it becomes worthless.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::EmailVerification(link) | Self::PasswordReset(link) => Some(link.expires_at),
            Self::TicketCreated(_) | Self::PasswordChanged(_) => None,
        }
    }

    /// The form in which it lies in the database.
    #[must_use]
    pub fn payload(&self) -> String {
        let json = match self {
            Self::TicketCreated(facts) => serde_json::to_string(facts),
            Self::EmailVerification(link) | Self::PasswordReset(link) => serde_json::to_string(link),
            Self::PasswordChanged(moment) => serde_json::to_string(moment),
        };
        json.expect("strings, ids and times serialise")
    }

    /// Reads what [`Notice::payload`] wrote.
    ///
    /// # Errors
    /// When it is something else, as a payload that was overwritten is.
    pub fn read(template: Template, payload: &str) -> Result<Self, serde_json::Error> {
        Ok(match template {
            Template::TicketCreated => Self::TicketCreated(serde_json::from_str(payload)?),
            Template::EmailVerification => Self::EmailVerification(serde_json::from_str(payload)?),
            Template::PasswordReset => Self::PasswordReset(serde_json::from_str(payload)?),
            Template::PasswordChanged => Self::PasswordChanged(serde_json::from_str(payload)?),
        })
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
mod tests {
    use chrono::{TimeZone, Utc};
    use shared::ids::TicketId;
    use uuid::Uuid;

    use super::{Moment, Notice, SCRUBBED, SecretLink, TicketFacts};

    #[test]
    fn a_payload_reads_back_as_it_was_and_a_scrubbed_one_not_at_all() {
        let at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let link = SecretLink { token: "t0ken".into(), expires_at: at };
        for notice in [
            Notice::TicketCreated(TicketFacts {
                ticket_id: TicketId::from(Uuid::nil()),
                ticket_number: "HD-000042".into(),
                title: "\"quoted\"\r\n{{7*7}}".into(),
                priority: "HIGH".into(),
                category: "hardware".into(),
            }),
            Notice::EmailVerification(link.clone()),
            Notice::PasswordReset(link),
            Notice::PasswordChanged(Moment { at }),
        ] {
            assert_eq!(Notice::read(notice.template(), &notice.payload()).unwrap(), notice);
            assert!(Notice::read(notice.template(), SCRUBBED).is_err());
            assert!(!format!("{notice:?}").contains("t0ken"));
        }
    }
}
