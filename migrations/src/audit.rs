//! The database of audit: every event, raw and readable.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "audit_0001",
        blocks: true,
        up: &[Both(include_str!("sql/audit.sql"))],
        down: &[Both("DROP TABLE feed_counter; DROP TABLE audit_logs; DROP TABLE raw_events;")],
    },
}
