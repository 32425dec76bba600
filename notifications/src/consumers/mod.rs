//! What this service does on others' events, and on the commands that carry a secret.

mod commands;
mod events;

use shared::bus::Durable;

pub use commands::Commands;
pub use events::Events;

/// The consumer of events.
///
/// # Errors
/// When its definition is faulty.
pub fn events_durable() -> anyhow::Result<Durable> {
    Durable::new("notifications", include_str!("../../../nats/consumers/notifications.json"))
}

/// The consumer of commands.
///
/// # Errors
/// When its definition is faulty.
pub fn commands_durable() -> anyhow::Result<Durable> {
    Durable::new(
        "notifications-commands",
        include_str!("../../../nats/consumers/notifications-commands.json"),
    )
}
