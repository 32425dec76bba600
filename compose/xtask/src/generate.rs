//! Files that a program writes from the code: written anew, or compared with what lies there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

/// A folder whose files a program of the workspace writes.
struct Generator {
    /// The folder, from the root. All files in it are the generator's.
    folder: &'static str,
    /// Arguments for cargo; the folder to write to is added as the last.
    cargo: &'static [&'static str],
}

/// All of them.
const GENERATORS: &[Generator] = &[
    Generator {
        folder: "nats/schemas",
        cargo: &["run", "-q", "-p", "shared", "--example", "event_schemas", "--"],
    },
    Generator {
        folder: "nats/asyncapi",
        cargo: &["run", "-q", "-p", "shared", "--example", "asyncapi", "--"],
    },
    Generator {
        folder: "compose/monitoring/grafana/dashboards",
        cargo: &["run", "-q", "-p", "xtask", "--example", "dashboards", "--"],
    },
    Generator {
        folder: "compose/docs/reference",
        cargo: &["run", "-q", "-p", "xtask", "--example", "configuration", "--"],
    },
    Generator {
        folder: "compose/systemd/man",
        cargo: &["run", "-q", "-p", "compose", "--example", "man_pages", "--"],
    },
    Generator {
        folder: "compose/postman/collections",
        cargo: &["run", "-q", "-p", "compose", "--example", "postman", "--"],
    },
];

/// Writes all generated files anew, or fails when one is not what would be written.
pub fn run(check: bool, stop: &Stop) -> anyhow::Result<()> {
    println!("{}", all(check, stop)?);
    Ok(())
}

/// As `run`, and says what was done.
pub fn all(check: bool, stop: &Stop) -> anyhow::Result<String> {
    let mut differences = Vec::new();
    for generator in GENERATORS {
        let fresh = tempfile::tempdir()?;
        command::quiet(command::cargo().args(generator.cargo).arg(fresh.path()), stop)
            .with_context(|| format!("{} could not be generated", generator.folder))?;
        let folder = place::root().join(generator.folder);
        let (there, fresh) = (files(&folder)?, files(fresh.path())?);
        anyhow::ensure!(!fresh.is_empty(), "the generator of {} wrote nothing", generator.folder);
        differences
            .extend(compare(&there, &fresh).into_iter().map(|it| format!("{}/{it}", generator.folder)));
        if !check {
            write(&folder, &there, &fresh)?;
        }
    }
    let count = GENERATORS.len();
    if check && !differences.is_empty() {
        let list = differences.join("\n  ");
        anyhow::bail!("not as generated (`cargo xtask generate` writes them):\n  {list}");
    }
    Ok(match (count, check) {
        (0, _) => "no generator is registered, so nothing was generated or compared".to_owned(),
        (_, true) => format!("{count} generated folders are up to date"),
        (_, false) => format!("{count} folders generated, {} files changed", differences.len()),
    })
}

/// Files with what is in them, by their names below a folder.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// All files below a folder.
pub fn files(folder: &Path) -> anyhow::Result<Files> {
    let mut found = Files::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_path_buf();
                found.insert(name, std::fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

fn compare(there: &Files, fresh: &Files) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, content) in fresh {
        match there.get(name) {
            None => differences.push(format!("{} is missing", name.display())),
            Some(old) if old != content => differences.push(format!("{} differs", name.display())),
            Some(_) => {}
        }
    }
    let extra = there.keys().filter(|name| !fresh.contains_key(*name));
    differences.extend(extra.map(|name| format!("{} is not generated any more", name.display())));
    differences
}

fn write(folder: &Path, there: &Files, fresh: &Files) -> anyhow::Result<()> {
    for (name, content) in fresh {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, content)?;
    }
    for gone in there.keys().filter(|name| !fresh.contains_key(*name)) {
        std::fs::remove_file(folder.join(gone))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[(&str, &str)]) -> Files {
        names.iter().map(|(name, content)| (PathBuf::from(name), content.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_kind_of_difference_is_found() {
        let there = made(&[("a", "1"), ("b", "1"), ("old", "1")]);
        let fresh = made(&[("a", "1"), ("b", "2"), ("new/c", "1")]);
        let said = compare(&there, &fresh);
        assert_eq!(said, ["b differs", "new/c is missing", "old is not generated any more"]);
        assert!(compare(&fresh, &fresh).is_empty());
    }

    #[test]
    fn what_is_written_is_what_was_generated() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("old"), "1").unwrap();
        let fresh = made(&[("a", "1"), ("deep/b", "2")]);
        write(folder.path(), &files(folder.path()).unwrap(), &fresh).unwrap();
        assert_eq!(files(folder.path()).unwrap(), fresh);
    }
}
