//! Writes the page of all settings from the `config.default.toml` files into the folder that is named: `cargo xtask generate` does so.
//! The comments there are the documentation, so they are what is read, and not only the keys.

mod page;
mod settings;

use std::path::Path;

use page::Chapter;

/// Chapters in their order: the folder that the file lies in, the prefix of its variables, the title.
const CHAPTERS: [(&str, &str, &str); 8] = [
    ("shared", "…", "All six services"),
    ("auth", "AUTH", "auth"),
    ("users", "USERS", "users"),
    ("tickets", "TICKETS", "tickets"),
    ("files", "FILES", "files"),
    ("notifications", "NOTIFICATIONS", "notifications"),
    ("audit", "AUDIT", "audit"),
    ("compose", "HELPDESK", "The one process"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder to write to is missing")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut chapters = Vec::new();
    for (place, prefix, title) in CHAPTERS {
        let file = format!("{place}/config.default.toml");
        let text = std::fs::read_to_string(root.join(&file)).map_err(|fault| format!("{file}: {fault}"))?;
        let parts = settings::read(&text).map_err(|(line, fault)| format!("{file}:{line}: {fault}"))?;
        chapters.push(Chapter { file, prefix, title, parts });
    }
    std::fs::write(Path::new(&folder).join("configuration.md"), page::write(&chapters))?;
    Ok(())
}
