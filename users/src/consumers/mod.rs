//! Consumers: what this service does on what the others say happened.

use shared::bus::{Durable, Fault, Handler};
use shared::db::Tx;
use shared::events::{Envelope, Event, UserRegistered};

use crate::service::begin;

/// The durable consumer of this service.
pub struct Users;

/// What an event means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// There is a new account: make its profile.
    BeginProfile,
    /// It is no concern of ours.
    Ignore,
}

/// One decision for every event type, so that a new type cannot be forgotten; `None` for one that this build has
/// never heard of.
fn decide(event_type: &str) -> Option<Decision> {
    Some(match event_type {
        UserRegistered::TYPE => Decision::BeginProfile,
        "user.login" | "user.login_failed" | "user.logout" | "user.locked" | "user.email_verified"
        | "user.password_changed" | "user.password_reset" | "user.role_changed" | "user.status_changed"
        | "session.revoked" => Decision::Ignore,
        // We say these ourselves.
        "user.profile_updated" | "user.avatar_changed" | "user.deleted" => Decision::Ignore,
        "ticket.created" | "ticket.updated" | "ticket.assigned" | "ticket.status_changed" | "ticket.commented"
        | "ticket.deleted" | "ticket.sla_warning" | "ticket.sla_breached" => Decision::Ignore,
        "file.uploaded" | "file.deleted" | "file.infected" => Decision::Ignore,
        "notification.sent" | "notification.failed" => Decision::Ignore,
        _ => return None,
    })
}

impl Users {
    /// Its definition, the same that the NATS CLI reads.
    ///
    /// # Errors
    /// When the definition is faulty.
    pub fn durable() -> anyhow::Result<Durable> {
        Durable::new("users", include_str!("../../../nats/consumers/users.json"))
    }
}

impl Handler for Users {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        match decide(&event.event_type) {
            Some(Decision::BeginProfile) => {
                let account: UserRegistered = event.data()?;
                Ok(begin(tx, account.user_id, account.email, event.timestamp).await?)
            }
            Some(Decision::Ignore) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_has_its_decision() {
        for known in shared::events::ALL {
            assert!(decide(known.name).is_some(), "{} wants a decision in users/src/consumers", known.name);
        }
        assert_eq!(decide("weather.changed"), None);
    }
}
