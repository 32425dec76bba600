//! The database of audit: every event, raw and readable.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "audit_0001",
        blocks: true,
        up: &[Both(include_str!("sql/audit.sql"))],
        down: &[Both("DROP TABLE feed_counter; DROP TABLE audit_logs; DROP TABLE raw_events;")],
    },
    Step {
        name: "audit_0005",
        blocks: false,
        up: &[Both(include_str!("sql/audit_0005_alerts.sql"))],
        down: &[Both(include_str!("sql/audit_0005_alerts.down.sql"))],
    },
}
