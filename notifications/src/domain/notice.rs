use serde::{Deserialize, Serialize};
use shared::{
    clock::Timestamp,
    events::FieldChange,
    ids::{TicketId, UserId},
};

use super::Template;

/// What a delivery says: the facts that its template shows, as they were when the event happened.
#[derive(Clone, PartialEq)]
pub enum Notice {
    /// A ticket was opened.
    TicketCreated(TicketFacts),
    /// A ticket is the reader's to work on.
    TicketAssigned(Assignment),
    /// Something happened to the reader's ticket.
    TicketUpdated(TicketNews),
    /// Prove the address.
    EmailVerification(SecretLink),
    /// Set a new password.
    PasswordReset(SecretLink),
    /// The password was changed.
    PasswordChanged(Moment),
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
    /// The template that shows it.
    #[must_use]
    pub fn template(&self) -> Template {
        match self {
            Self::TicketCreated(_) => Template::TicketCreated,
            Self::TicketAssigned(_) => Template::TicketAssigned,
            Self::TicketUpdated(_) => Template::TicketUpdated,
            Self::EmailVerification(_) => Template::EmailVerification,
            Self::PasswordReset(_) => Template::PasswordReset,
            Self::PasswordChanged(_) => Template::PasswordChanged,
        }
    }

    /// The ticket that it is about.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::TicketCreated(TicketFacts { label, .. })
            | Self::TicketAssigned(Assignment { label, .. })
            | Self::TicketUpdated(TicketNews { label, .. }) => Some(label.ticket_id),
            Self::EmailVerification(_) | Self::PasswordReset(_) | Self::PasswordChanged(_) => None,
        }
    }

    /// Whom it names beside its reader.
    #[must_use]
    pub fn names(&self) -> Option<UserId> {
        match self {
            Self::TicketAssigned(assignment) => Some(assignment.requester),
            Self::TicketCreated(_)
            | Self::TicketUpdated(_)
            | Self::EmailVerification(_)
            | Self::PasswordReset(_)
            | Self::PasswordChanged(_) => None,
        }
    }

    /// When it becomes worthless.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::EmailVerification(link) | Self::PasswordReset(link) => Some(link.expires_at),
            Self::TicketCreated(_)
            | Self::TicketAssigned(_)
            | Self::TicketUpdated(_)
            | Self::PasswordChanged(_) => None,
        }
    }

    /// The form in which it lies in the database.
    #[must_use]
    pub fn payload(&self) -> String {
        let json = match self {
            Self::TicketCreated(facts) => serde_json::to_string(facts),
            Self::TicketAssigned(assignment) => serde_json::to_string(assignment),
            Self::TicketUpdated(news) => serde_json::to_string(news),
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
            Template::TicketAssigned => Self::TicketAssigned(serde_json::from_str(payload)?),
            Template::TicketUpdated => Self::TicketUpdated(serde_json::from_str(payload)?),
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
    use shared::{
        events::FieldChange,
        ids::{TicketId, UserId},
    };
    use uuid::Uuid;

    use super::{
        Assignment, Moment, Move, Notice, SCRUBBED, SecretLink, TicketFacts, TicketLabel, TicketNews,
    };
    use crate::domain::Template;

    fn label() -> TicketLabel {
        TicketLabel {
            ticket_id: TicketId::from(Uuid::nil()),
            ticket_number: "HD-000042".into(),
            title: "\"quoted\"\r\n{{7*7}}".into(),
        }
    }

    fn opened() -> Notice {
        Notice::TicketCreated(TicketFacts {
            label: label(),
            priority: "HIGH".into(),
            category: "hardware".into(),
        })
    }

    #[test]
    fn a_payload_reads_back_as_it_was_and_a_scrubbed_one_not_at_all() {
        let at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let link = SecretLink { token: "t0ken".into(), expires_at: at };
        for notice in [
            opened(),
            Notice::TicketAssigned(Assignment {
                label: label(),
                priority: "HIGH".into(),
                requester: UserId::from(Uuid::nil()),
                due_at: at,
            }),
            Notice::TicketUpdated(TicketNews {
                label: label(),
                moved: Some(Move { from: "OPEN".into(), to: "IN_PROGRESS".into() }),
                changes: vec![FieldChange { field: "title".into(), old: None, new: Some("\0".into()) }],
                comment: Some("one\ntwo".into()),
            }),
            Notice::TicketUpdated(TicketNews { label: label(), moved: None, changes: vec![], comment: None }),
            Notice::EmailVerification(link.clone()),
            Notice::PasswordReset(link),
            Notice::PasswordChanged(Moment { at }),
        ] {
            assert_eq!(Notice::read(notice.template(), &notice.payload()).unwrap(), notice);
            assert!(Notice::read(notice.template(), SCRUBBED).is_err());
            assert!(!format!("{notice:?}").contains("t0ken"));
        }
    }

    /// Deliveries outlive the build that ordered them.
    #[test]
    fn what_lay_in_the_database_before_there_were_other_mails_on_tickets_is_still_read() {
        let stored = r#"{"ticketId":"00000000-0000-0000-0000-000000000000","ticketNumber":"HD-000042","title":"\"quoted\"\r\n{{7*7}}","priority":"HIGH","category":"hardware"}"#;
        assert_eq!(Notice::read(Template::TicketCreated, stored).unwrap(), opened());
        assert_eq!(opened().payload(), stored, "and a build of before reads what this one writes");
    }
}
