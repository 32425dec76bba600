//! Writes the JSON Schema of every event type into a folder, one file each: `nats/schemas/<event type>.json`.

use std::path::PathBuf;

use anyhow::Context;
use shared::events::ALL;

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: event_schemas <folder>")?);
    std::fs::create_dir_all(&folder)?;
    for kind in ALL {
        let mut schema = (kind.schema)();
        schema.insert("title".to_owned(), kind.name.into());
        schema.insert("$id".to_owned(), format!("urn:helpdesk:{}:v{}", kind.name, kind.version).into());
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        std::fs::write(folder.join(format!("{}.json", kind.name)), text)?;
    }
    Ok(())
}
