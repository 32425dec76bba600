//! The database of auth: accounts, sessions, tokens, keys.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "auth_0001",
        blocks: true,
        up: &[Both(include_str!("sql/auth.sql"))],
        down: &[Both("DROP TABLE reset_requests; DROP TABLE login_attempts; DROP TABLE signing_keys; DROP TABLE one_time_tokens; DROP TABLE refresh_tokens; DROP TABLE sessions; DROP TABLE users;")],
    },
}
