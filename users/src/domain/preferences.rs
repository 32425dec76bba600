use serde_json::{Map, Value};

/// What somebody likes: a JSON object of the screens' own making, of which the system reads `language` only.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preferences(Map<String, Value>);

/// Why preferences are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PreferencesFault {
    /// They take too much room.
    #[error("must take at most {} bytes as JSON", Preferences::MAX_BYTES)]
    TooLarge,
    /// They are a deep well.
    #[error("must be nested at most {} deep", Preferences::MAX_DEPTH)]
    TooDeep,
    /// We speak no such language.
    #[error("language must be one of {}", Preferences::LANGUAGES.join(", "))]
    Language,
}

impl Preferences {
    /// The languages that mails are written in.
    pub const LANGUAGES: [&str; 2] = ["fr", "en"];
    /// How many bytes they may take, written as JSON.
    pub const MAX_BYTES: usize = 16 * 1024;
    /// How deep they may be nested; the object itself is the first level.
    pub const MAX_DEPTH: usize = 8;

    /// Checks what a screen wants to keep.
    ///
    /// # Errors
    /// The first rule that the object breaks.
    pub fn parse(wanted: Map<String, Value>) -> Result<Self, PreferencesFault> {
        if wanted.get("language").is_some_and(|language| !is_spoken(language)) {
            return Err(PreferencesFault::Language);
        }
        let wanted = Value::Object(wanted);
        if depth(&wanted) > Self::MAX_DEPTH {
            return Err(PreferencesFault::TooDeep);
        }
        if wanted.to_string().len() > Self::MAX_BYTES {
            return Err(PreferencesFault::TooLarge);
        }
        Ok(Self::stored(wanted))
    }

    /// Preferences that were parsed when they were stored.
    pub(crate) fn stored(value: Value) -> Self {
        match value {
            Value::Object(entries) => Self(entries),
            _ => Self::default(),
        }
    }

    /// The language chosen, `fr` or `en`.
    pub fn language(&self) -> Option<&str> {
        self.0.get("language").and_then(Value::as_str)
    }

    /// The object as JSON text.
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// The object, taken out.
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }
}

fn is_spoken(language: &Value) -> bool {
    language.as_str().is_some_and(|language| Preferences::LANGUAGES.contains(&language))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<Preferences, PreferencesFault> {
        let Value::Object(entries) = value else { panic!("preferences are an object") };
        Preferences::parse(entries)
    }

    #[test]
    fn the_rules_of_preferences() {
        let eight_deep = json!({"a": [[[[[[[]]]]]]]});
        let nine_deep = json!({"a": [[[[[[[[]]]]]]]]});
        for (wanted, fault) in [
            (json!({}), None),
            (json!({"language": "fr", "theme": {"dark": true}}), None),
            (json!({"language": "de"}), Some(PreferencesFault::Language)),
            (json!({"language": null}), Some(PreferencesFault::Language)),
            (json!({"language": ["fr"]}), Some(PreferencesFault::Language)),
            (eight_deep, None),
            (nine_deep, Some(PreferencesFault::TooDeep)),
            (json!({"a": "x".repeat(16 * 1024 - 8)}), None),
            (json!({"a": "x".repeat(16 * 1024 - 7)}), Some(PreferencesFault::TooLarge)),
        ] {
            assert_eq!(parse(wanted.clone()).err(), fault, "{wanted}");
        }
    }

    #[test]
    fn the_language_is_read_out() {
        assert_eq!(parse(json!({"language": "en"})).unwrap().language(), Some("en"));
        assert_eq!(parse(json!({})).unwrap().language(), None);
    }
}
