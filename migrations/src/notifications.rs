//! The database of notifications: recipients, deliveries, preferences, the list's places, administrators' templates.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "notifications_0001",
        blocks: true,
        up: &[Both(include_str!("sql/notifications.sql"))],
        down: &[Both("DROP TABLE preferences; DROP TABLE deliveries; DROP TABLE recipients;")],
    },
    Step {
        name: "notifications_0002",
        blocks: false,
        up: &[Both(include_str!("sql/notifications_0002_complete.sql"))],
        down: &[Both(include_str!("sql/notifications_0002_complete.down.sql"))],
    },
}
