//! Consumers: what this service does on what the others say happened.

use shared::auth::Role;
use shared::bus::{Durable, Fault, Handler};
use shared::db::Tx;
use shared::events::{
    Envelope, Event, FileDeleted, FileDownloaded, FileInfected, FileUploaded, NotificationFailed,
    NotificationSent, ReportReady, SecurityAlert, SessionRevoked, SlaAlert, TicketAssigned, TicketCommented,
    TicketCreated, TicketDeleted, TicketSlaBreached, TicketSlaWarning, TicketStatusChanged, TicketUpdated,
    UserAvatarChanged, UserDeleted, UserEmailVerified, UserLocked, UserLogin, UserLoginFailed, UserLogout,
    UserPasswordChanged, UserPasswordReset, UserProfileUpdated, UserRegistered, UserRoleChanged,
    UserStatusChanged,
};

use crate::domain::{Attachment, News};
use crate::service::{App, FileNews};

/// The durable consumer of this service.
pub struct Tickets(App);

/// What an event means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// There is a new account, with a role.
    Register,
    /// Somebody may be given tickets, or may not any more.
    NoteRole,
    /// The same, because an account was closed or opened.
    NoteStatus,
    /// Somebody is gone for good.
    Forget,
    /// A ticket has a file.
    Attach,
    /// A ticket has lost one.
    Detach,
    /// It is no concern of ours.
    Ignore,
}

/// One decision for every event type, so that none can be forgotten; `None` for one that this build has never heard of.
/// What is not ignored must be among the `filter_subjects` of `nats/consumers/tickets.json`.
fn decide(event_type: &str) -> Option<Decision> {
    Some(match event_type {
        UserRegistered::TYPE => Decision::Register,
        UserRoleChanged::TYPE => Decision::NoteRole,
        UserStatusChanged::TYPE => Decision::NoteStatus,
        UserDeleted::TYPE => Decision::Forget,
        FileUploaded::TYPE => Decision::Attach,
        FileDeleted::TYPE => Decision::Detach,
        // Of people tickets keep their ids and nothing else.
        UserProfileUpdated::TYPE | UserAvatarChanged::TYPE | UserEmailVerified::TYPE => Decision::Ignore,
        UserLogin::TYPE | UserLoginFailed::TYPE | UserLogout::TYPE | UserLocked::TYPE => Decision::Ignore,
        UserPasswordChanged::TYPE | UserPasswordReset::TYPE | SessionRevoked::TYPE => Decision::Ignore,
        // What was refused never came to a ticket.
        FileInfected::TYPE => Decision::Ignore,
        // These we say ourselves.
        TicketCreated::TYPE | TicketUpdated::TYPE | TicketAssigned::TYPE | TicketStatusChanged::TYPE => {
            Decision::Ignore
        }
        TicketCommented::TYPE | TicketDeleted::TYPE | TicketSlaWarning::TYPE | TicketSlaBreached::TYPE => {
            Decision::Ignore
        }
        NotificationSent::TYPE | NotificationFailed::TYPE => Decision::Ignore,
        // Who read a file stands in its log of accesses.
        FileDownloaded::TYPE => Decision::Ignore,
        // Administrators read them in the trail.
        SecurityAlert::TYPE | SlaAlert::TYPE => Decision::Ignore,
        // It goes to administrators, by mail.
        ReportReady::TYPE => Decision::Ignore,
        _ => return None,
    })
}

impl Tickets {
    /// The consumer of these use cases.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }

    /// Its definition, the same that the NATS CLI reads.
    ///
    /// # Errors
    /// When the definition is faulty.
    pub fn durable() -> anyhow::Result<Durable> {
        Durable::new("tickets", include_str!("../../../nats/consumers/tickets.json"))
    }
}

impl Handler for Tickets {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        let version = event.aggregate_version;
        match decide(&event.event_type) {
            Some(Decision::Register) => {
                let UserRegistered { user_id, role, .. } = event.data()?;
                self.0.learn(tx, user_id, News::Role(role_of(&role)?), version).await?;
            }
            Some(Decision::NoteRole) => {
                let UserRoleChanged { user_id, new_role, .. } = event.data()?;
                self.0.learn(tx, user_id, News::Role(role_of(&new_role)?), version).await?;
            }
            Some(Decision::NoteStatus) => {
                let UserStatusChanged { user_id, is_active } = event.data()?;
                self.0.learn(tx, user_id, News::Active(is_active), version).await?;
            }
            Some(Decision::Forget) => {
                let UserDeleted { user_id } = event.data()?;
                self.0.learn(tx, user_id, News::Erased, version).await?;
            }
            Some(Decision::Attach) => self.0.note_file(tx, uploaded(event)?).await?,
            Some(Decision::Detach) => self.0.note_file(tx, deleted(event)?).await?,
            Some(Decision::Ignore) | None => {}
        }
        Ok(())
    }
}

fn role_of(word: &str) -> Result<Role, Fault> {
    word.parse().map_err(|_| Fault::Poison(format!("there is no role {word:?}")))
}

fn uploaded(event: &Envelope) -> Result<FileNews, Fault> {
    let file: FileUploaded = event.data()?;
    let file = Attachment {
        file_id: file.file_id,
        ticket_id: file.ticket_id,
        file_name: file.file_name,
        file_size: file.file_size,
        uploaded_by: file.uploaded_by,
        created_at: event.timestamp,
    };
    Ok(FileNews { file, version: event.aggregate_version, is_deleted: false, by: event.user_id })
}

/// The deletion may arrive first; then what is not told of the file is not shown either.
fn deleted(event: &Envelope) -> Result<FileNews, Fault> {
    let file: FileDeleted = event.data()?;
    let file = Attachment {
        file_id: file.file_id,
        ticket_id: file.ticket_id,
        file_name: file.file_name,
        file_size: 0,
        uploaded_by: event.user_id.unwrap_or(shared::ids::UserId(uuid::Uuid::nil())),
        created_at: event.timestamp,
    };
    Ok(FileNews { file, version: event.aggregate_version, is_deleted: true, by: event.user_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_has_its_decision_and_the_consumer_is_sent_what_it_acts_on() {
        let definition = include_str!("../../../nats/consumers/tickets.json");
        let acts = |event_type: &str| decide(event_type).map(|decision| decision != Decision::Ignore);
        shared::testing::check_decisions(definition, acts);
    }
}
