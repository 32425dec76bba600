//! The database of audit: every event in one trail, and what is made of it.

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
        name: "audit_0002_trail",
        blocks: false,
        up: &[
            Postgres(include_str!("sql/audit_0002_trail.postgres.sql")),
            Sqlite(include_str!("sql/audit_0002_trail.sqlite.sql")),
            Both(include_str!("sql/audit_0002_trail.sql")),
        ],
        down: &[
            Both(include_str!("sql/audit_0002_trail.down.sql")),
            Postgres("DROP FUNCTION make_trail_partition; DROP FUNCTION refuse_to_rewrite_history;"),
        ],
    },
    Step {
        name: "audit_0003_arrivals",
        blocks: false,
        up: &[Both(include_str!("sql/audit_0003_arrivals.sql"))],
        down: &[Both("DROP TABLE arrivals;")],
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
    Step {
        name: "audit_0005",
        blocks: false,
        up: &[Both(include_str!("sql/audit_0005_alerts.sql"))],
        down: &[Both(include_str!("sql/audit_0005_alerts.down.sql"))],
    },
    Step {
        name: "audit_0006_archives",
        blocks: false,
        up: &[
            Both(include_str!("sql/audit_0006_archives.sql")),
            Postgres(include_str!("sql/audit_0006_archives.postgres.sql")),
            Sqlite(include_str!("sql/audit_0006_archives.sqlite.sql")),
        ],
        down: &[
            Postgres(include_str!("sql/audit_0006_archives.postgres.down.sql")),
            Sqlite(include_str!("sql/audit_0006_archives.sqlite.down.sql")),
            Both(include_str!("sql/audit_0006_archives.down.sql")),
        ],
    },
    Step {
        name: "audit_0007_search",
        blocks: false,
        up: &[
            Postgres(include_str!("sql/audit_0007_search.postgres.sql")),
            Sqlite(include_str!("sql/audit_0007_search.sqlite.sql")),
            Both(include_str!("sql/audit_0007_search.sql")),
        ],
        down: &[
            Both("DROP TABLE rebuilds; DROP TABLE trail_search;"),
            Postgres("DROP FUNCTION make_search_partition; DROP INDEX idx_trail_user_action;"),
        ],
    },
    Step {
        name: "audit_0008_report_mails",
        blocks: false,
        up: &[Both(include_str!("sql/audit_0008_report_mails.sql"))],
        down: &[Both("DROP TABLE report_mails")],
    },
    Step {
        name: "audit_0009_search_statistics",
        blocks: false,
        up: &[Postgres(include_str!("sql/audit_0009_search_statistics.postgres.sql"))],
        down: &[],
    },
    Step {
        name: "audit_0010_standings",
        blocks: false,
        up: &[Both(include_str!("sql/audit_0010_standings.sql"))],
        down: &[Both("DROP TABLE standings")],
    },
}
