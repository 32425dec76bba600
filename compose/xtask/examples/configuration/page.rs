//! Puts settings on a page of Markdown.

use std::fmt::Write;

use crate::settings::{Part, Setting};

/// The settings of one file.
pub struct Chapter {
    pub file: String,
    /// What stands before a variable that is for one service alone.
    pub prefix: &'static str,
    pub title: &'static str,
    pub parts: Vec<Part>,
}

const HEAD: &str = "\
# Configuration

<!-- Written by `cargo xtask generate` from the config.default.toml files. Change those. -->

Every key, the variables that set it, its default, and what the file of defaults says of it. `helpdesk config check` names whatever is
wrong with a configuration, all at once. What production refuses is in [deployment](../deployment.md#what-production-refuses).

`…` before a variable stands for the name of a service: `TICKETS_DATABASE_URL` is for tickets alone, `DATABASE_URL` for whoever reads
it. With `_FILE` behind it, each names a file that the value is read from.
";

pub fn write(chapters: &[Chapter]) -> String {
    let mut page = HEAD.to_owned();
    for chapter in chapters {
        let _ = write!(page, "\n## {}\n\nFrom `{}`.\n", chapter.title, chapter.file);
        for part in &chapter.parts {
            if let Some(title) = &part.title {
                let _ = write!(page, "\n### {}: {}\n", chapter.title, lower(title));
            }
            for note in &part.notes {
                let _ = write!(page, "\n{}\n", paragraphs(note));
            }
            if !part.settings.is_empty() {
                page.push_str("\n| Key | Variables | Default | |\n|---|---|---|---|\n");
            }
            let mut leader = "";
            for setting in &part.settings {
                page.push_str(&row(setting, chapter.prefix, leader));
                if setting.about.is_some() {
                    leader = &setting.key;
                }
            }
        }
    }
    page
}

fn row(setting: &Setting, prefix: &str, leader: &str) -> String {
    let name = setting.key.to_uppercase();
    // One key of the one process would be read by every service: only the prefixed variable means that process.
    let plain = if prefix == "HELPDESK" { String::new() } else { format!("`{name}`, ") };
    let about = match &setting.about {
        Some(lines) => {
            escaped(&lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")).replace('|', "\\|")
        }
        None => format!("see `{leader}`"),
    };
    format!(
        "| `{}` | {plain}`{prefix}_{name}` | `{}` | {about} |\n",
        setting.key,
        setting.default.replace('|', "\\|")
    )
}

/// Lines of a comment as Markdown: indented ones that begin with a dash are a list.
fn paragraphs(lines: &[String]) -> String {
    let (mut text, mut in_list) = (String::new(), false);
    for line in lines {
        let is_item = line.trim_start().starts_with("- ");
        let between = match (is_item, in_list, line.starts_with(' ')) {
            (true, true, _) => "\n",
            (true, false, _) | (false, true, false) => "\n\n",
            _ if text.is_empty() => "",
            _ => " ",
        };
        in_list = is_item || (in_list && line.starts_with(' '));
        text.push_str(between);
        text.push_str(&escaped(line.trim()));
    }
    text
}

/// What would be markup outside of code is not.
fn escaped(text: &str) -> String {
    let pieces = text.split('`').enumerate().map(|(at, piece)| match at % 2 {
        0 => piece.replace('<', "&lt;").replace('*', "\\*"),
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn lower(title: &str) -> String {
    // Only a word that is written in small letters elsewhere, as HTTP is not.
    match title.split_at_checked(2) {
        Some((first, rest)) if first.chars().all(char::is_uppercase) => format!("{first}{rest}"),
        _ => title.chars().take(1).flat_map(char::to_lowercase).chain(title.chars().skip(1)).collect(),
    }
}
