//! The rules, broken on purpose: a checker that finds nothing proves nothing.

use super::*;

/// Each checker, given a text that breaks its rule, finds it where it is.
#[test]
fn every_rule_can_be_broken() {
    let lines = |faults: Vec<Fault>| faults.iter().map(|fault| fault.line).collect::<Vec<_>>();
    for (file, bad, good) in [
        ("domain/a.rs", "use tokio::sync;", "// tokio"),
        ("domain.rs", "async fn x() {}", "fn asynchronous() {}"),
        ("domain/a.rs", "let t = Utc::now();", "fn open(now: Timestamp) { x(now) }"),
        ("store/a.rs", "fn x(caller: &Caller) {}", "fn x(sight: Visibility) {}"),
        ("service/a.rs", "serde_json::to_string(&x)", "use sea_orm::DbErr;"),
        ("service/a.rs", "StatusCode::OK", "let status = 1;"),
        ("routes/a.rs", "use crate::{service::App, store::find};", "\"no-store::\""),
        ("routes/a.rs", "use crate::store;", "let restore = 1;"),
        ("consumers/a.rs", "use crate::routes::dto;", "use crate::service::App;"),
    ] {
        let text = |content: &str| Text::new(&format!("tickets/src/{file}"), &format!("\n{content}\n"));
        assert_eq!(lines(rooms(&text(bad))), [2], "{bad}");
        assert_eq!(lines(rooms(&text(good))), [0; 0], "{good}");
    }
    for (file, bad) in [
        ("tickets/src/run.rs", "use users::Config;"),
        ("shared/src/db.rs", "use migrations::tickets;"),
        ("migrations/src/lib.rs", "use ::audit::x;"),
    ] {
        assert_eq!(lines(other_services(&Text::new(file, bad))), [1], "{bad}");
    }
    for good in ["use shared::auth::Caller;", "mod auth;\nuse auth::x;", "use shared::{auth::Caller};"] {
        assert_eq!(lines(other_services(&Text::new("tickets/src/run.rs", good))), [0; 0], "{good}");
    }
    for bad in ["[dependencies]\nusers.workspace = true", "[dev-dependencies]\nx = { package = \"users\" }"] {
        assert_eq!(lines(dependencies(&Text::new("tickets/Cargo.toml", bad))), [2], "{bad}");
    }
    assert_eq!(lines(dependencies(&Text::new("tickets/Cargo.toml", "[dependencies.users]"))), [1]);
    assert_eq!(
        lines(dependencies(&Text::new("shared/Cargo.toml", "[dependencies]\nmigrations = \"1\""))),
        [2]
    );
    assert_eq!(
        lines(dependencies(&Text::new("tickets/Cargo.toml", "[dependencies]\nmigrations = \"1\""))),
        [0; 0]
    );
}

#[test]
fn every_habit_can_be_broken() {
    let lines = |faults: Vec<Fault>| faults.iter().map(|fault| fault.line).collect::<Vec<_>>();
    let test = |content: &str| Text::new("tickets/tests/api/a.rs", content);
    for bad in
        ["#[ignore]", "#[ignore = \"slow\"]", "todo!()", "unimplemented!(\"x\")", "tokio::time::sleep(x)"]
    {
        assert_eq!(lines(unfinished(&test(bad))), [1], "{bad}");
    }
    assert_eq!(lines(unfinished(&Text::new("tickets/src/a.rs", "sleep(x)"))), [0; 0]);
    let source = |content: &str| Text::new("tickets/src/a.rs", content);
    for bad in
        ["pub fn x() {}", "#[derive(Debug)]\npub struct X;", "/// Y\npub struct Y;\npub async fn x() {}"]
    {
        assert_eq!(lines(undocumented(&source(bad))), [bad.lines().count()], "{bad}");
    }
    for good in
        ["/// X\n#[a(\n  b,\n)]\npub fn x() {}", "pub(crate) fn x() {}", "pub use x::Y;", "// pub fn x() {}"]
    {
        assert_eq!(lines(undocumented(&source(good))), [0; 0], "{good}");
    }
    assert!(length(&test(&"\n".repeat(LONGEST))).is_none());
    assert!(length(&test(&"\n".repeat(LONGEST + 1))).is_some());
    for folder in ["work", "root", "tmp"] {
        assert_eq!(lines(machine_paths(&test(&format!("see \"/{folder}/x\"")))), [1]);
        assert_eq!(lines(machine_paths(&test(&format!("https://example.com/{folder}/x")))), [0; 0]);
    }
    for file in ["a/src/utils.rs", "a/src/helpers/mod.rs", "a/src/db_manager.rs", "a/common/x.md"] {
        assert_eq!(lines(empty_names(&Text::new(file, ""))), [1], "{file}");
    }
    for (bad, good) in
        [("mod utils;", "mod utilities;"), ("struct DbManager;", "pub struct Common { x: Manager }")]
    {
        assert_eq!(lines(empty_names(&test(bad))), [1], "{bad}");
        assert_eq!(lines(empty_names(&test(good))), [0; 0], "{good}");
    }
    let top: Vec<String> = ["stuff", ".cargo", "target"].map(str::to_owned).to_vec();
    let faults = shape(&[Text::new("shared/src/lib.rs", "pub fn x() {}")], &top);
    let has = |file: &str| faults.iter().filter(|fault| fault.file == file).count();
    assert_eq!((has("stuff"), has(".cargo"), has("target"), has("nats")), (1, 0, 0, 1));
    assert_eq!((has("tickets/src/run.rs"), has("tickets/src/domain"), has("shared/src/lib.rs")), (1, 1, 2));
}
