//! Consumers: what this service does on what the others say happened.

use shared::bus::{Durable, Fault, Handler};
use shared::db::Tx;
use shared::events::{Envelope, TicketDeleted, UserDeleted};

use crate::service::forget;

/// The durable consumer of this service.
pub struct Files;

/// What an event means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// An account has ended: the person is forgotten.
    Forget,
    /// A ticket was deleted: its files go with it.
    TakeFiles,
    /// It is no concern of ours.
    Ignore,
}

/// One decision for every event type, so that none can be forgotten; `None` for one that this build has never heard of.
/// What is not ignored must be among the `filter_subjects` of `nats/consumers/files.json`.
fn decide(event_type: &str) -> Option<Decision> {
    Some(match event_type {
        "user.deleted" => Decision::Forget,
        "user.registered" | "user.login" | "user.login_failed" | "user.logout" | "user.locked" => {
            Decision::Ignore
        }
        "user.email_verified" | "user.password_changed" | "user.password_reset" => Decision::Ignore,
        "user.role_changed" | "user.status_changed" | "session.revoked" => Decision::Ignore,
        // A picture is brought here before anybody tells of it.
        "user.profile_updated" | "user.avatar_changed" => Decision::Ignore,
        // Who sees a ticket is asked of tickets.
        "ticket.created" | "ticket.updated" | "ticket.assigned" | "ticket.status_changed" => Decision::Ignore,
        "ticket.commented" | "ticket.sla_warning" | "ticket.sla_breached" => Decision::Ignore,
        "ticket.deleted" => Decision::TakeFiles,
        // These we say ourselves.
        "file.uploaded" | "file.downloaded" | "file.deleted" | "file.infected" => Decision::Ignore,
        "notification.sent" | "notification.failed" => Decision::Ignore,
        // Administrators read them in the trail.
        "security.alert" | "sla.alert" => Decision::Ignore,
        // It goes to administrators, by mail.
        "report.ready" => Decision::Ignore,
        _ => return None,
    })
}

impl Files {
    /// Its definition, the same that the NATS CLI reads.
    ///
    /// # Errors
    /// When the definition is faulty.
    pub fn durable() -> anyhow::Result<Durable> {
        Durable::new("files", include_str!("../../../nats/consumers/files.json"))
    }
}

impl Handler for Files {
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), Fault> {
        match decide(&event.event_type) {
            Some(Decision::Forget) => {
                let UserDeleted { user_id } = event.data()?;
                forget::person(tx, user_id, event.timestamp).await?;
            }
            Some(Decision::TakeFiles) => {
                let TicketDeleted { ticket_id, .. } = event.data()?;
                forget::ticket(tx, ticket_id, event.user_id, event.timestamp).await?;
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
    fn every_event_type_has_its_decision() {
        for known in shared::events::ALL {
            assert!(decide(known.name).is_some(), "{} wants a decision", known.name);
        }
        assert_eq!(decide("weather.changed"), None);
    }

    #[test]
    fn the_consumer_is_sent_what_it_does_not_ignore_and_nothing_else() {
        let definition: serde_json::Value =
            serde_json::from_str(include_str!("../../../nats/consumers/files.json")).unwrap();
        let wanted = shared::events::ALL.iter().filter(|known| decide(known.name) != Some(Decision::Ignore));
        let subjects: Vec<_> = wanted.map(|known| format!("helpdesk.{}.>", known.name)).collect();
        assert_eq!(definition["filter_subjects"], serde_json::json!(subjects));
    }
}
