//! The database of users: profiles and activities.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "users_0001",
        blocks: true,
        up: &[Both(include_str!("sql/users.sql"))],
        down: &[Both("DROP TABLE user_activities; DROP TABLE user_profiles;")],
    },
    Step {
        name: "users_0002",
        blocks: false,
        up: &[Both(include_str!("sql/users_0002_search.sql"))],
        down: &[Both(include_str!("sql/users_0002_search.down.sql"))],
    },
}
