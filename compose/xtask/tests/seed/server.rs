//! A database of its own for each test, with the tables of the tickets service.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// Dropped, it is gone.
pub struct Database {
    admin: String,
    name: String,
}

/// What a command came to.
pub struct Outcome {
    ok: bool,
    said: String,
}

/// A seeding that goes on.
pub struct Seeding(Child);

impl Database {
    /// An empty one with the tables; nothing where no server is named.
    pub fn new(test: &str) -> Option<Self> {
        let Ok(admin) = std::env::var("TEST_DATABASE_URL") else {
            eprintln!("left out: PostgreSQL (TEST_DATABASE_URL is not set)");
            return None;
        };
        let name = format!("helpdesk_seed_{test}_{}", std::process::id());
        psql(&admin, &format!("CREATE DATABASE {name}"));
        let database = Self { admin, name };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/src/sql");
        let files = std::fs::read_dir(&folder).expect("the migrations can be read").flatten();
        let mut steps: Vec<String> = files
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .filter(|name| {
                name.starts_with("tickets") && !name.contains(".down.") && !name.contains(".sqlite.")
            })
            .collect();
        // `tickets.sql` before `tickets_0002_…`, the workflow before the search.
        steps.sort_by_key(|name| {
            (name.chars().take(12).collect::<String>().replace(".sql", ""), name.contains("search"))
        });
        database.query("CREATE SEQUENCE ticket_number_seq AS BIGINT");
        for step in ["blocks.sql".to_owned()].iter().chain(&steps) {
            database.query(&std::fs::read_to_string(folder.join(step)).expect("a migration can be read"));
        }
        Some(database)
    }

    fn address(&self) -> String {
        let (server, _) = self.admin.rsplit_once('/').expect("TEST_DATABASE_URL ends in /<database>");
        format!("{server}/{}", self.name)
    }

    /// What a query answers.
    pub fn query(&self, sql: &str) -> String {
        psql(&self.address(), sql)
    }

    /// Asks until the answer is yes.
    pub fn wait_for(&self, sql: &str) {
        let begun = Instant::now();
        while self.query(sql) != "t" {
            assert!(begun.elapsed() < PATIENCE, "it never came to that: {sql}");
        }
    }

    /// Every index and every constraint, in the database's words. (What it says of a condition's types comes out otherwise when
    /// it is read back in, and means the same.)
    pub fn indexes(&self) -> BTreeSet<String> {
        let all = self.query(
            "SELECT regexp_replace(indexdef, '::(character varying|text)(\\[\\])?|[()]', '', 'g') FROM pg_indexes \
             WHERE schemaname = 'public' UNION ALL \
             SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace",
        );
        all.lines().map(str::to_owned).collect()
    }

    /// What there is more or less than there was of them.
    pub fn changed(&self, indexes: &BTreeSet<String>) -> Vec<String> {
        self.indexes().symmetric_difference(indexes).cloned().collect()
    }

    /// A digest of all rows.
    pub fn digest(&self) -> Vec<String> {
        ["tickets", "ticket_comments", "ticket_history", "ticket_search", "staff"]
            .map(|table| {
                self.query(&format!(
                    "SELECT md5(string_agg(t::text, '' ORDER BY t::text COLLATE \"C\")) FROM {table} AS t"
                ))
            })
            .to_vec()
    }

    fn arguments(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("seed").args(arguments).args(["--database", &self.address()]);
        if !["--check", "--finish"].iter().any(|it| arguments.contains(it)) {
            command.arg("--no-migrate");
        }
        command
    }

    /// Runs `xtask seed` on it.
    pub fn seed(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&self.arguments(arguments).output().expect("xtask runs"))
    }

    /// Starts `xtask seed` on it.
    pub fn begin(&self, arguments: &[&str]) -> Seeding {
        let mut command = self.arguments(arguments);
        Seeding(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("xtask runs"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        psql(&self.admin, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self { ok: output.status.success(), said: text(&output.stdout) + &text(&output.stderr) }
    }

    /// What it said, all having gone well.
    pub fn succeeded(self) -> String {
        assert!(self.ok, "{}", self.said);
        self.said
    }

    /// What it said, not all having gone well.
    pub fn failed(self) -> String {
        assert!(!self.ok, "{}", self.said);
        self.said
    }
}

impl Seeding {
    /// Ctrl-C; the exit code, and what it complained of.
    pub fn interrupt(mut self) -> (Option<i32>, String) {
        let told = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().expect("kill runs");
        assert!(told.success());
        let mut said = String::new();
        self.0.stderr.take().expect("it was piped").read_to_string(&mut said).expect("it is text");
        (self.0.wait().expect("it ends").code(), said)
    }
}

/// Runs xtask without any database being named.
pub fn xtask(arguments: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    Outcome::of(&command.args(arguments).env_remove("DATABASE_URL").output().expect("xtask runs"))
}

fn psql(address: &str, sql: &str) -> String {
    let program = std::env::var("TEST_PG_BIN").map_or("psql".to_owned(), |folder| format!("{folder}/psql"));
    let mut psql = Command::new(program);
    psql.args([address, "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-qAt", "-f", "-"]).env("PGTZ", "UTC");
    let mut child =
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("psql runs");
    let sent = child.stdin.take().expect("it was piped").write_all(sql.as_bytes());
    let outcome = Outcome::of(&child.wait_with_output().expect("psql ends"));
    sent.expect("psql listens");
    outcome.succeeded().trim().to_owned()
}
