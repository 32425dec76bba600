use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language that every template exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// The specification's own language.
    #[default]
    Fr,
    /// English.
    En,
}

impl Language {
    /// Every language, once.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// The tag as in `Content-Language` and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The tag names no language that the templates exist in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a language is one of fr, en")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|language| language.as_str() == tag).ok_or(UnknownLanguage)
    }
}
