//! The database of audit: every event, raw and readable, and what is counted.

use crate::step::{
    Sql::{Both, Postgres, Sqlite},
    Step, migrator,
};

migrator! {
    Step {
        name: "audit_0001",
        blocks: true,
        up: &[Both(include_str!("sql/audit.sql"))],
        down: &[Both("DROP TABLE feed_counter; DROP TABLE audit_logs; DROP TABLE raw_events;")],
    },
    Step {
        name: "audit_0004_metrics",
        blocks: false,
        up: &[
            Postgres(include_str!("sql/audit_0004_metrics.postgres.sql")),
            Sqlite(include_str!("sql/audit_0004_metrics.sqlite.sql")),
        ],
        down: &[Both("DROP TABLE metrics")],
    },
}
