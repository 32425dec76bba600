//! Reads a `config.default.toml`: its keys with their defaults, and what the comments say of them.

/// A part under a headline `# --- Title ---`; the first one has none.
#[derive(Default)]
pub struct Part {
    pub title: Option<String>,
    /// Comments that belong to no key: those with an empty line behind.
    pub notes: Vec<Vec<String>>,
    pub settings: Vec<Setting>,
}

pub struct Setting {
    pub key: String,
    /// As it is written.
    pub default: String,
    /// What stands above it; none where the comment above the one before is about this one, too.
    pub about: Option<Vec<String>>,
}

/// Fails with the line where something is not as these files are: comments, empty lines, `key = value` on one line.
pub fn read(text: &str) -> Result<Vec<Part>, (usize, String)> {
    let mut parts = vec![Part::default()];
    let mut comment: Vec<String> = Vec::new();
    for (number, line) in (1..).zip(text.lines().chain([""])) {
        let part = parts.last_mut().expect("there is always one");
        if let Some(said) = line.strip_prefix('#') {
            let said = said.strip_prefix(' ').unwrap_or(said);
            match said.strip_prefix("--- ").map(|it| it.trim_end_matches('-').trim_end()) {
                Some(title) => parts.push(Part { title: Some(title.to_owned()), ..Part::default() }),
                None => comment.push(said.to_owned()),
            }
        } else if line.is_empty() {
            if !comment.is_empty() {
                part.notes.push(std::mem::take(&mut comment));
            }
        } else {
            let (key, default) = line.split_once(" = ").ok_or((number, "is no `key = value`".to_owned()))?;
            let is_whole = [('"', '"'), ('[', ']')]
                .iter()
                .all(|(open, close)| !default.starts_with(*open) || default.ends_with(*close));
            if !is_whole {
                return Err((number, format!("the value of {key} does not end on its line")));
            }
            let about = (!comment.is_empty()).then(|| std::mem::take(&mut comment));
            part.settings.push(Setting { key: key.to_owned(), default: default.to_owned(), about });
        }
    }
    Ok(parts)
}
