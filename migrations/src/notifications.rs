//! The database of notifications: recipients, deliveries, preferences.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "notifications_0001",
        blocks: true,
        up: &[Both(include_str!("sql/notifications.sql"))],
        down: &[Both("DROP TABLE preferences; DROP TABLE deliveries; DROP TABLE recipients;")],
    },
}
