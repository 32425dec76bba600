//! The database of files: their description; the bytes are in the object store.

use crate::step::{Sql::Both, Step, migrator};

migrator! {
    Step {
        name: "files_0001",
        blocks: true,
        up: &[Both(include_str!("sql/files.sql"))],
        down: &[Both("DROP TABLE file_access_logs; DROP TABLE uploads; DROP TABLE files;")],
    },
    Step {
        name: "files_0002",
        blocks: false,
        up: &[Both(include_str!("sql/files_0002_avatars.sql"))],
        down: &[Both(include_str!("sql/files_0002_avatars.down.sql"))],
    },
    Step {
        name: "files_0003",
        blocks: false,
        up: &[Both(include_str!("sql/files_0003_purge.sql"))],
        down: &[Both(include_str!("sql/files_0003_purge.down.sql"))],
    },
}
