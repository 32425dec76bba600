//! Migrations only add, so that the release before runs on the tables of its successor: beside it while replicas are replaced, and
//! in its place when that has to be taken back. What a release stops using a later one may drop.

use std::{collections::BTreeSet, fs, path::Path};

/// What does more than add: the file, how the statement begins, and why the release before can live with it.
const ALLOWED: [(&str, &str, &str); 9] = [
    ("audit_0002_trail.sql", "DROP TABLE AUDIT_LOGS", UNRELEASED),
    ("audit_0002_trail.sql", "DROP TABLE FEED_COUNTER", UNRELEASED),
    ("audit_0006_archives.sql", "DROP TABLE ARCHIVES", UNRELEASED),
    ("audit_0006_archives.sqlite.sql", "DROP TRIGGER TRAIL_IS_NOT_DELETED", "made anew, and forbids less"),
    ("files_0002_avatars.sql", "ALTER TABLE UPLOADS RENAME", UNRELEASED),
    ("files_0002_avatars.sql", "DROP TABLE UPLOADS_BEFORE", UNRELEASED),
    ("notifications_0002_complete.sql", "CREATE UNIQUE INDEX IDX_DELIVERIES_PLACE", UNRELEASED),
    ("tickets_0002_workflow.sql", "ALTER TABLE TICKETS DROP COLUMN PAUSED_AT", UNRELEASED),
    ("tickets_0002_workflow.sql", "ALTER TABLE TICKETS DROP COLUMN PAUSED_SECONDS", UNRELEASED),
];
const UNRELEASED: &str = "there was no release before it";

#[test]
fn migrations_only_add_but_for_what_is_listed_with_its_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql");
    let mut unused: BTreeSet<_> = ALLOWED.map(|(file, statement, _)| (file, statement)).into();
    let mut faults = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".down.sql") {
            continue;
        }
        for statement in contractions(&fs::read_to_string(&path).unwrap()) {
            let allowed =
                ALLOWED.iter().find(|(file, begin, _)| *file == name && statement.starts_with(begin));
            match allowed {
                Some((file, begin, _)) => drop(unused.remove(&(*file, *begin))),
                None => faults.push(format!("{name}: {statement}")),
            }
        }
    }
    assert!(faults.is_empty(), "the release before cannot run on this:\n{}", faults.join("\n"));
    assert!(unused.is_empty(), "allowed, and not there: {unused:?}");
}

/// The statements that take something away from, or ask for more of, whoever knows only what was there before.
fn contractions(sql: &str) -> Vec<String> {
    let code: String =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let code = code.to_uppercase();
    let statements: Vec<String> =
        code.split(';').map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let made_here = |table: &str| {
        statements.iter().any(|it| {
            it.strip_prefix("CREATE TABLE ").is_some_and(|it| it.split([' ', '(']).next() == Some(table))
        })
    };
    let contracts = |it: &&String| {
        let is_altered = it.starts_with("ALTER TABLE ");
        let narrows = it.strip_prefix("CREATE UNIQUE INDEX ").and_then(|it| it.split_once(" ON "));
        (it.starts_with("DROP ") && !it.starts_with("DROP INDEX "))
            || it.starts_with("TRUNCATE ")
            || (is_altered
                && [" RENAME ", " DROP ", " TYPE ", " SET NOT NULL", " ADD CONSTRAINT "]
                    .iter()
                    .any(|word| it.contains(word)))
            || (is_altered && it.contains(" NOT NULL") && !it.contains(" DEFAULT "))
            || narrows
                .is_some_and(|(_, on)| on.split([' ', '(']).next().is_some_and(|table| !made_here(table)))
    };
    statements.iter().filter(contracts).cloned().collect()
}

#[test]
fn what_contracts_is_told_from_what_expands() {
    for sql in [
        "DROP TABLE a;",
        "CREATE TABLE b (id INT); drop trigger t",
        "ALTER TABLE a RENAME COLUMN b TO c",
        "ALTER TABLE a DROP COLUMN b",
        "ALTER TABLE a ALTER COLUMN b TYPE BIGINT",
        "ALTER TABLE a ADD COLUMN b INT NOT NULL;",
        "ALTER TABLE a\n    ALTER COLUMN b SET NOT NULL",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0)",
        "CREATE UNIQUE INDEX i ON a(b)",
        "TRUNCATE a",
    ] {
        assert_eq!(contractions(sql).len(), 1, "{sql}");
    }
    for sql in [
        "-- DROP TABLE a;\nCREATE TABLE a (b INT NOT NULL, c TEXT); CREATE UNIQUE INDEX i ON a(b)",
        "ALTER TABLE a ADD COLUMN b INT NOT NULL DEFAULT 0",
        "ALTER TABLE a ADD COLUMN b INT; UPDATE a SET b = 1",
        "DROP INDEX i; CREATE INDEX i ON a(b)",
    ] {
        assert_eq!(contractions(sql), [""; 0], "{sql}");
    }
}
