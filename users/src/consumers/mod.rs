//! Consumers: what this service does on what the others say happened.

use shared::bus::{Durable, Fault, Handler};
use shared::db::Tx;
use shared::events::{Envelope, UserDeleted, UserRegistered, UserRoleChanged, UserStatusChanged};
use shared::ids::UserId;

use crate::domain::Account;
use crate::service::account;
use crate::store::Shelf;

/// The durable consumer of this service.
pub struct Users {
    shelf: Shelf,
}

/// What an event means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// There is a new account: it wants a profile.
    Register,
    /// An account's role, which we keep a copy of, is another.
    NoteRole,
    /// An account was closed or opened, which we keep a copy of.
    NoteStatus,
    /// An account ended: so does its profile.
    Erase,
    /// It is no concern of ours.
    Ignore,
}

/// One decision for every event type, so that none can be forgotten; `None` for one that this build has never heard of.
/// What is not ignored must be among the `filter_subjects` of `nats/consumers/users.json`.
fn decide(event_type: &str) -> Option<Decision> {
    Some(match event_type {
        "user.registered" => Decision::Register,
        "user.role_changed" => Decision::NoteRole,
        "user.status_changed" => Decision::NoteStatus,
        "user.deleted" => Decision::Erase,
        "user.login" | "user.login_failed" | "user.logout" | "user.locked" | "user.email_verified" => {
            Decision::Ignore
        }
        "user.password_changed" | "user.password_reset" | "session.revoked" => Decision::Ignore,
        // These we say ourselves.
        "user.profile_updated" | "user.avatar_changed" => Decision::Ignore,
        "ticket.created" | "ticket.updated" | "ticket.assigned" | "ticket.status_changed" => Decision::Ignore,
        "ticket.commented" | "ticket.deleted" | "ticket.sla_warning" | "ticket.sla_breached" => {
            Decision::Ignore
        }
        "file.uploaded" | "file.downloaded" | "file.deleted" | "file.infected" => Decision::Ignore,
        "notification.sent" | "notification.failed" => Decision::Ignore,
        // Administrators read them in the trail.
        "security.alert" | "sla.alert" => Decision::Ignore,
        // It goes to administrators, by mail.
        "report.ready" => Decision::Ignore,
        _ => return None,
    })
}

impl Users {
    /// The consumer, which tells this shelf whom it writes.
    pub fn new(shelf: Shelf) -> Self {
        Self { shelf }
    }

    /// Its definition, the same that the NATS CLI reads.
    ///
    /// # Errors
    /// When the definition is faulty.
    pub fn durable() -> anyhow::Result<Durable> {
        Durable::new("users", include_str!("../../../nats/consumers/users.json"))
    }

    /// An event that overtook its account's registration, which was put off, is put off too.
    async fn note(&self, tx: &Tx, user_id: UserId, lesson: impl FnOnce(&mut Account)) -> Result<(), Fault> {
        let unheard_of = || anyhow::anyhow!("the registration of the account {user_id} has not come yet");
        account::note(tx, &self.shelf, user_id, lesson).await?.ok_or_else(unheard_of)?;
        Ok(())
    }
}

impl Handler for Users {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        let (shelf, version) = (&self.shelf, event.aggregate_version);
        match decide(&event.event_type) {
            Some(Decision::Register) => {
                let UserRegistered { user_id, email, role } = event.data()?;
                let role = role.parse().map_err(|_| Fault::Poison(format!("there is no role {role:?}")))?;
                let account = Account::at(version, user_id, email, role, true);
                account::register(tx, shelf, account, event.timestamp).await?;
            }
            Some(Decision::NoteRole) => {
                let UserRoleChanged { user_id, new_role, .. } = event.data()?;
                let role =
                    new_role.parse().map_err(|_| Fault::Poison(format!("there is no role {new_role:?}")))?;
                self.note(tx, user_id, |copy| copy.role.take(role, version)).await?;
            }
            Some(Decision::NoteStatus) => {
                let UserStatusChanged { user_id, is_active } = event.data()?;
                self.note(tx, user_id, |copy| copy.is_active.take(is_active, version)).await?;
            }
            Some(Decision::Erase) => {
                let UserDeleted { user_id } = event.data()?;
                account::erase(tx, shelf, user_id, event.timestamp).await?;
            }
            Some(Decision::Ignore) | None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_has_its_decision_and_the_consumer_is_sent_what_it_acts_on() {
        let definition = include_str!("../../../nats/consumers/users.json");
        let acts = |event_type: &str| decide(event_type).map(|decision| decision != Decision::Ignore);
        shared::testing::check_decisions(definition, acts);
    }
}
