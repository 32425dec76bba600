//! The database of tickets: tickets, comments, history, attachments, clocks, the search.

use crate::step::{
    Sql::{Both, Postgres, Sqlite},
    Step, migrator,
};

/// Where ticket numbers come from. A number is never given twice; one may be lost to a rollback.
const NUMBERS_POSTGRES: &str = "CREATE SEQUENCE ticket_number_seq AS BIGINT";
/// SQLite remembers the highest that AUTOINCREMENT gave, so the rows may be deleted at once.
const NUMBERS_SQLITE: &str = "CREATE TABLE ticket_numbers (number INTEGER PRIMARY KEY AUTOINCREMENT)";

migrator! {
    Step {
        name: "tickets_0001",
        blocks: true,
        up: &[Both(include_str!("sql/tickets.sql")), Postgres(NUMBERS_POSTGRES), Sqlite(NUMBERS_SQLITE)],
        down: &[
            Postgres("DROP SEQUENCE ticket_number_seq"),
            Sqlite("DROP TABLE ticket_numbers"),
            Both("DROP TABLE ticket_attachments; DROP TABLE ticket_history; DROP TABLE ticket_comments; DROP TABLE tickets"),
        ],
    },
    Step {
        name: "tickets_0002",
        blocks: false,
        up: &[
            Both(include_str!("sql/tickets_0002_workflow.sql")),
            Postgres(include_str!("sql/tickets_0002_search.postgres.sql")),
            Sqlite(include_str!("sql/tickets_0002_search.sqlite.sql")),
        ],
        down: &[Both(include_str!("sql/tickets_0002_workflow.down.sql"))],
    },
}
