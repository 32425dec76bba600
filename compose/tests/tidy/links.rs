//! What documents name is there: files and headlines that links lead to, tests, source files, commands of the project; and the index
//! has every document.

use std::collections::BTreeMap;

use super::{Fault, Text};

/// Where the documents lie, and the page that lists them.
const DOCUMENTS: &str = "compose/docs/";
const INDEX: &str = "compose/docs/README.md";
/// Where the project's own commands are.
const COMMANDS: &str = "compose/xtask/src/main.rs";

/// Of all documents. `exists` tells whether there is a file or folder of this path from the root.
pub fn faults(texts: &[Text], exists: impl Fn(&str) -> bool) -> Vec<Fault> {
    let documents: BTreeMap<&str, &Text> = texts
        .iter()
        .filter(|text| text.file.ends_with(".md"))
        .map(|text| (text.file.as_str(), text))
        .collect();
    let commands = texts.iter().find(|text| text.file == COMMANDS).map(commands).unwrap_or_default();
    let mut faults = Vec::new();
    let mut listed = Vec::new();
    for text in documents.values() {
        for (line, link) in links(&text.content) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, headline) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { Some(text.file.clone()) } else { resolved(&text.file, path) };
            let Some(target) = target.filter(|target| exists(target)) else {
                faults.push(text.fault(line, format!("a link leads to nothing (`{link}`)")));
                continue;
            };
            if text.file == INDEX {
                listed.push(target.clone());
            }
            let has = |document: &&Text| headlines(&document.content).iter().any(|it| it == headline);
            if !headline.is_empty() && !documents.get(target.as_str()).is_some_and(has) {
                faults.push(text.fault(line, format!("a link leads to no headline (`{link}`)")));
            }
        }
        for (line, name) in quoted(&text.content) {
            let is_there = match name.contains('/') {
                true => exists(&name),
                false => texts.iter().any(|text| !text.file.ends_with(".md") && text.content.contains(&name)),
            };
            if !is_there {
                faults.push(text.fault(line, format!("the code has no such thing (`{name}`)")));
            }
        }
        for (line, name) in asked(&text.content) {
            if !commands.contains(&name) {
                faults.push(text.fault(line, format!("there is no such command (`cargo xtask {name}`)")));
            }
        }
    }
    let unlisted = documents.values().filter(|text| {
        text.file.starts_with(DOCUMENTS) && text.file != INDEX && !listed.contains(&text.file)
    });
    faults.extend(unlisted.map(|text| text.fault(1, format!("{INDEX} lists every document"))));
    faults
}

/// The lines outside of blocks of code, with their numbers.
fn prose(markdown: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    (1..).zip(markdown.lines()).filter(move |(_, line)| {
        let is_fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// Where the links of a document lead, each with its line.
fn links(markdown: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(markdown) {
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        let mut target = |text: &str| {
            found.extend(
                text.split_whitespace().next().map(|it| (number, it.trim_matches(['<', '>']).to_owned())),
            );
        };
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            target(&rest[..rest.find(')').unwrap_or(rest.len())]);
        }
        if let Some((_, text)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            target(text);
        }
    }
    found
}

/// A path from the root, of one that is relative to a file; none where it leads outside.
fn resolved(file: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            "" => return None,
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The headlines, as they are named in links: small letters, no punctuation, dashes for spaces; a second one is counted.
fn headlines(markdown: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (_, line) in prose(markdown) {
        let text = line.trim_start_matches('#');
        if text.len() == line.len() || !text.starts_with(' ') {
            continue;
        }
        let name: String = text
            .trim()
            .to_lowercase()
            .chars()
            .filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it))
            .map(|it| if it == ' ' { '-' } else { it })
            .collect();
        let times = seen.entry(name.clone()).or_default();
        names.push(if *times == 0 { name } else { format!("{name}-{times}") });
        *times += 1;
    }
    names
}

/// What stands in code within the text and can be looked for: names of tests (five words or more, or the first ones of them and `…`)
/// and paths of source files from the root.
fn quoted(markdown: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(markdown) {
        for span in line.split('`').skip(1).step_by(2) {
            let (name, fewest) = span.strip_suffix('…').map_or((span, 5), |begin| (begin, 3));
            let is_name = name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
                && name.trim_end_matches('_').split('_').count() >= fewest;
            let is_path = [".rs", ".toml", ".sql", ".sh", ".json", ".yaml", ".yml"]
                .iter()
                .any(|end| span.ends_with(end))
                && super::TOP_LEVEL.iter().any(|top| span.starts_with(&format!("{top}/")))
                && !span.contains([' ', '*', '<', '{']);
            if is_name || is_path {
                found.push((number, name.to_owned()));
            }
        }
    }
    found
}

/// The names of the project's commands: the variants of `enum Command`, as clap writes them.
fn commands(text: &Text) -> Vec<String> {
    let (_, variants) = text.content.split_once("enum Command {\n").unwrap_or_default();
    let variants = variants.split("\n}\n").next().unwrap_or_default().lines();
    let names = variants
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    names
        .map(|line| {
            let name = line.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
            let dashed = name.chars().map(|it| match it.is_ascii_uppercase() {
                true => format!("-{}", it.to_ascii_lowercase()),
                false => it.to_string(),
            });
            dashed.collect::<String>().trim_start_matches('-').to_owned()
        })
        .collect()
}

/// The commands that a document says exist, in its code as well.
fn asked(markdown: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(markdown.lines()) {
        for piece in line.split("cargo xtask ").skip(1) {
            let name: String = piece.chars().take_while(|it| it.is_ascii_lowercase() || *it == '-').collect();
            if !name.is_empty() && !name.starts_with('-') {
                found.push((number, name));
            }
        }
    }
    found
}

#[test]
fn every_rule_on_documents_can_be_broken() {
    let files = ["a/b.md", "a/c.md", "a/x.png", "a", "tickets/a.rs"];
    let other = "# Head\n```\n# No head\n```\n## A `b`, c: d\n# Head\n";
    let program = "enum Command {\n    /// X\n    Test {\n        only: bool,\n    },\n    AllOfIt(x),\n}\n";
    let lines = |markdown: &str| {
        let texts = [
            Text::new("a/b.md", markdown),
            Text::new("a/c.md", other),
            Text::new(COMMANDS, program),
            Text::new("tickets/a.rs", "fn a_name_of_five_words() {}"),
        ];
        let found = faults(&texts, |path| files.contains(&path));
        found.iter().map(|fault| fault.line).collect::<Vec<_>>()
    };
    for good in [
        "[x](c.md) [y](./c.md#head \"title\") ![z](../a/x.png)",
        "[x](../a/) [y](#own)\n# Own",
        "[x](c.md#a-b-c-d) [y](c.md#head-1)",
        "[x]: c.md#head",
        "`[x](gone.md)`\n```\n[x](gone.md)\n```",
        "`a_name_of_five_words` `a_name_of_…` `short_name` `tickets/a.rs` `domain/b.rs` `tickets/*.rs`",
        "[x](https://example.com/gone) [y](mailto:a@example.com)",
        "`cargo xtask test`, cargo xtask all-of-it, `cargo xtask …`, cargo xtask --help",
    ] {
        assert_eq!(lines(good), [0; 0], "{good}");
    }
    for bad in [
        "\n[x](gone.md)",
        "\n[x](c.md#no-head)",
        "\n[x](c.md#head-2)",
        "\n[x](x.png#head)",
        "\n[x](#none)",
        "\n[x](../../a/c.md)",
        "\n[x](/a/c.md)",
        "\n[x]: gone.md",
        "\n`a` [x](gone.md) `b`",
        "\n`cargo xtask tests`",
        "\n`a_name_of_six_other_words`",
        "\n`another_name_of_…`",
        "\n`tickets/b.rs`",
    ] {
        assert_eq!(lines(bad), [2], "{bad}");
    }
    let index = |markdown: &str| {
        let texts = [Text::new(INDEX, markdown), Text::new("compose/docs/deep/a.md", "")];
        faults(&texts, |_| true).len()
    };
    assert_eq!((index("[a](deep/a.md)"), index("[a](deep/)")), (0, 1));
}
