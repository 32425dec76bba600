//! The rules of the house (`ARCHITECTURE.md`), kept: who may mention whom, how long a file may be, what no file may hold, where links
//! lead.
//!
//! It reads the checkout and nothing else. Each fault is told as `file:line: rule`, all of them at once.

#[path = "tidy/broken.rs"]
mod broken;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/text.rs"]
mod text;

use std::fs;
use std::path::Path;

use text::{Fault, Text, code, mentions};

const SERVICES: [&str; 6] = ["auth", "users", "tickets", "files", "notifications", "audit"];
const CRATES: [&str; 11] = [
    "auth",
    "users",
    "tickets",
    "files",
    "notifications",
    "audit",
    "shared",
    "migrations",
    "compose",
    "compose/xtask",
    "compose/audit-seed",
];
const TOP_LEVEL: [&str; 11] = [
    "Cargo.toml",
    "auth",
    "users",
    "tickets",
    "files",
    "notifications",
    "audit",
    "shared",
    "migrations",
    "compose",
    "nats",
];
const TOP_LEVEL_TOO: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "Cargo.lock",
];
const LONGEST: usize = 400;

/// Room, what its code never mentions, and how that is said.
const ROOMS: [(&str, &[&str], &str); 5] = [
    (
        "domain",
        &[
            "actix",
            "actix_web",
            "actix_rt",
            "sea_orm",
            "tokio",
            "async",
            "await",
            "Utc::now",
            "SystemTime",
            "Instant",
        ],
        "domain decides: no actix, sea_orm, tokio, async, nor the wall clock",
    ),
    (
        "store",
        &["actix", "actix_web", "actix_rt", "async_nats", "Caller"],
        "store remembers: no actix, async_nats, nor `Caller`",
    ),
    (
        "service",
        &["actix", "actix_web", "serde_json", "StatusCode", "EntityTrait", "ActiveModelTrait", "ActiveModel"],
        "service runs a use case: no actix, entities, JSON, nor status codes",
    ),
    ("routes", &["crate::store", "store::", "sea_orm"], "routes speak HTTP: no store, no sea_orm"),
    ("consumers", &["crate::routes", "routes::"], "consumers act on events: no routes"),
];

/// Names that say nothing.
const EMPTY_NAMES: [&str; 8] =
    ["utils", "util", "helpers", "helper", "manager", "managers", "common", "impl"];

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("compose lies in the root");
    let mut texts = Vec::new();
    read(root, root, &mut texts);
    assert!(texts.len() > 50, "only {} files were found: this looks at the wrong place", texts.len());
    let mut faults = shape(&texts, &names(root));
    faults.extend(links::faults(&texts, |path| root.join(path).exists()));
    for text in &texts {
        faults.extend(machine_paths(text));
        faults.extend(length(text));
        faults.extend(empty_names(text));
        if text.is_rust() {
            faults.extend(unfinished(text));
            faults.extend(undocumented(text));
            faults.extend(rooms(text));
            faults.extend(other_services(text));
        }
        if text.file.ends_with("Cargo.toml") {
            faults.extend(dependencies(text));
        }
    }
    let list: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    assert!(faults.is_empty(), "{} faults:{list}\n", faults.len());
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the checkout can be read").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn read(root: &Path, folder: &Path, texts: &mut Vec<Text>) {
    for name in names(folder) {
        let path = folder.join(&name);
        let unlisted = folder == root && ["target", "data", ".git"].contains(&name.as_str());
        if path.is_dir() && !unlisted {
            read(root, &path, texts);
        } else if let (false, Ok(content)) = (unlisted, fs::read_to_string(&path)) {
            let file = path.strip_prefix(root).expect("it lies below").to_string_lossy().replace('\\', "/");
            texts.push(Text { file, content });
        }
    }
}

/// The top level, the files that every service has, and documented crates.
fn shape(texts: &[Text], top: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut missing = |file: &str, rule: &str| {
        faults.push(Fault { file: file.to_owned(), line: 1, rule: rule.to_owned() });
    };
    for name in TOP_LEVEL.iter().filter(|name| !top.iter().any(|it| it == *name)) {
        missing(name, "the top level has it");
    }
    let given = |name: &str| TOP_LEVEL.contains(&name) || TOP_LEVEL_TOO.contains(&name);
    for name in top
        .iter()
        .filter(|name| !given(name) && !name.starts_with('.') && !["target", "data"].contains(&&***name))
    {
        missing(name, "the top level is given and has no such thing");
    }
    let has = |file: &str| texts.iter().any(|text| text.file == file);
    for service in SERVICES {
        for file in ["README.md", "config.default.toml"] {
            let file = format!("{service}/{file}");
            if !has(&file) {
                missing(&file, "every service has it");
            }
        }
        for file in ["main", "lib", "config", "error", "run"].map(|name| format!("{service}/src/{name}.rs")) {
            if !has(&file) {
                missing(&file, "every service has it");
            }
        }
        for room in ["routes", "service", "domain", "store"].map(|name| format!("{service}/src/{name}")) {
            if !texts.iter().any(|text| text.file.starts_with(&format!("{room}/")))
                && !has(&format!("{room}.rs"))
            {
                missing(&room, "every service has this room");
            }
        }
    }
    for name in CRATES {
        let [lib, main] = ["lib", "main"].map(|it| format!("{name}/src/{it}.rs"));
        let Some(top) = [lib, main].iter().find_map(|file| texts.iter().find(|text| text.file == *file))
        else {
            continue;
        };
        let library = top.file.ends_with("lib.rs");
        if !["warn", "deny", "forbid"]
            .iter()
            .any(|it| top.content.contains(&format!("#![{it}(missing_docs)]")))
            && library
        {
            faults.push(top.fault(1, "a library says `#![warn(missing_docs)]`"));
        }
        if !top.content.contains(r#"#![doc = include_str!("../README.md")]"#) {
            faults.push(top.fault(1, "a crate's documentation is its README.md"));
        }
    }
    faults
}

/// Paths of the machine on which somebody wrote it. Put together here, so that this file has none.
fn machine_paths(text: &Text) -> Vec<Fault> {
    let bad = ["work", "root", "tmp"].map(|folder| format!("/{folder}/"));
    let before = |line: &str, at: usize| line[..at].chars().next_back();
    let is_start = |it: Option<char>| it.is_none_or(|it| !it.is_alphanumeric() && !"._-/}*$~".contains(it));
    let has =
        |line: &str| bad.iter().any(|bad| line.match_indices(bad).any(|(at, _)| is_start(before(line, at))));
    let lines = text.content.lines().enumerate().filter(|(_, line)| has(line));
    lines.map(|(at, _)| text.fault(at + 1, "a path of one machine")).collect()
}

fn length(text: &Text) -> Option<Fault> {
    let lines = text.content.lines().count();
    (text.is_rust() && lines > LONGEST)
        .then(|| text.fault(lines, format!("a file stays under {LONGEST} lines")))
}

/// Of files, folders, modules and types.
fn empty_names(text: &Text) -> Vec<Fault> {
    let rule = "a name that says nothing";
    let is_empty = |name: &str| EMPTY_NAMES.iter().any(|it| name == *it || name.ends_with(&format!("_{it}")));
    let mut faults = Vec::new();
    let parts = text.file.split('/').map(|part| part.split('.').next().unwrap_or_default());
    faults
        .extend(parts.filter(|part| is_empty(part)).map(|part| text.fault(1, format!("{rule} (`{part}`)"))));
    if !text.is_rust() {
        return faults;
    }
    for (at, line) in code(&text.content).lines().enumerate() {
        let words: Vec<&str> =
            line.split(|it: char| !it.is_alphanumeric() && it != '_').filter(|it| !it.is_empty()).collect();
        for pair in words.windows(2) {
            let of_type = ["Utils", "Util", "Helper", "Helpers", "Manager", "Impl"]
                .iter()
                .any(|end| pair[1].ends_with(end));
            let empty = match pair[0] {
                "mod" => is_empty(pair[1]),
                "struct" | "enum" | "trait" => of_type,
                _ => false,
            };
            if empty {
                faults.push(text.fault(at + 1, format!("{rule} (`{}`)", pair[1])));
            }
        }
    }
    faults
}

/// Every `pub` item has its sentence, also where no other crate can see it and the compiler's lint does not look.
fn undocumented(text: &Text) -> Vec<Fault> {
    let code = code(&text.content);
    if !text.file.contains("/src/") {
        return Vec::new();
    }
    let (lines, code): (Vec<&str>, Vec<&str>) = (text.content.lines().collect(), code.lines().collect());
    let is_item = |line: &str| {
        let Some(rest) = line.trim_start().strip_prefix("pub ") else { return false };
        // SeaORM wants a type of each of these names; the module says which table it is.
        if ["struct Model ", "enum Relation "].iter().any(|it| rest.starts_with(it)) {
            return false;
        }
        let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static"];
        rest.split(' ')
            .find(|word| !["async", "unsafe"].contains(word))
            .is_some_and(|word| kinds.contains(&word))
    };
    let is_documented = |at: usize| {
        // Up through the attributes, which may take several lines, to the sentence or to the end of what came before.
        let above = lines[..at].iter().rev().map(|line| line.trim());
        let mut above = above.take_while(|line| !line.is_empty() && !line.ends_with([';', '{', '}']));
        above.any(|line| ["///", "#[doc", "$(#[$doc"].iter().any(|it| line.starts_with(it)))
    };
    let bare = (0..code.len()).filter(|at| is_item(code[*at]) && !is_documented(*at));
    bare.map(|at| text.fault(at + 1, "a `pub` item has one sentence of documentation")).collect()
}

/// Tests that are skipped or wait by the clock, and code that is yet to come.
fn unfinished(text: &Text) -> Vec<Fault> {
    let mut faults = text.without(&["#[ignore"], "no test is ignored");
    faults.extend(
        text.without(&["todo!", "unimplemented!", "dbg!"], "what is not there is absent, never a stub"),
    );
    if text.file.contains("/tests/") {
        faults.extend(text.without(&["sleep("], "a test waits for the condition, not for time"));
    }
    faults
}

fn rooms(text: &Text) -> Vec<Fault> {
    let Some((_, rest)) = text.file.split_once("/src/").filter(|(name, _)| SERVICES.contains(name)) else {
        return Vec::new();
    };
    let room = rest.split(['/', '.']).next().unwrap_or_default();
    ROOMS
        .iter()
        .filter(|(name, ..)| *name == room)
        .flat_map(|(_, words, rule)| text.without(words, rule))
        .collect()
}

/// In code: a service, `shared` or `migrations` that names a service as a crate. (`shared::auth` and modules of such a name
/// are something else; that a crate cannot be reached at all is what `dependencies` sees to.)
fn other_services(text: &Text) -> Vec<Fault> {
    let own = text.file.split('/').next().unwrap_or_default();
    if !SERVICES.contains(&own) && own != "shared" && own != "migrations" {
        return Vec::new();
    }
    let code = code(&text.content);
    // A module of that name in the same file is what is meant then.
    let others = SERVICES.iter().filter(|it| **it != own && !mentions(&code, &format!("mod {it}")));
    let words: Vec<String> = others
        .flat_map(|it| [format!("use {it}::"), format!("use ::{it}::"), format!("extern crate {it}")])
        .collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if own == "shared" {
        words.extend(["use migrations::", "use ::migrations::"]);
    }
    text.without(&words, "a service is known to compose alone")
}

/// In Cargo.toml: no service depends on another, `shared` on none and not on `migrations`, `migrations` on none.
fn dependencies(text: &Text) -> Vec<Fault> {
    let own = text.file.trim_end_matches("/Cargo.toml");
    let mut others: Vec<&str> = SERVICES.into_iter().filter(|it| *it != own).collect();
    match own {
        "shared" => others.push("migrations"),
        "migrations" => {}
        _ if SERVICES.contains(&own) => {}
        _ => return Vec::new(),
    }
    let mut faults = Vec::new();
    let mut section = "";
    for (at, line) in text.content.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        }
        let Some((_, crate_of_table)) = section.split_once("dependencies") else { continue };
        let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
        // The tests of the event path need an outbox and an inbox to stand on.
        if (own, section, key) == ("shared", "dev-dependencies", "migrations") {
            continue;
        }
        let renamed = others.iter().any(|it| line.replace(' ', "").contains(&format!("package=\"{it}\"")));
        if others.contains(&key)
            || renamed
            || (line.starts_with('[') && others.contains(&crate_of_table.trim_start_matches('.')))
        {
            faults.push(text.fault(at + 1, format!("{own} never depends on another service (`{line}`)")));
        }
    }
    faults
}
