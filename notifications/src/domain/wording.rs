use std::collections::HashMap;

use shared::{clock::Timestamp, ids::UserId};

use super::{Language, Template};

/// The three parts of a template in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The subject; in the list, the title.
    pub subject: String,
    /// The plain form.
    pub text: String,
    /// The HTML form.
    pub html: String,
}

/// What an administrator wrote in place of a built-in template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The words.
    pub wording: Wording,
    /// Who wrote it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// All overrides, by template and language.
pub type Overrides = HashMap<(Template, Language), Override>;

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The subject.
    Subject,
    /// The plain form.
    Text,
    /// The HTML form.
    Html,
}

impl Part {
    /// The name, as in `subject`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// Why a wording is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct WordingFault {
    /// In which language.
    pub language: Language,
    /// In which part.
    pub part: Part,
    /// A stable word.
    pub code: &'static str,
    /// Where, from 1.
    pub line: usize,
    /// Where in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: String,
}
