use std::{fmt, str::FromStr};

use serde::Deserialize;

/// An action as a filter names it: `TICKET_CREATED`. Lower case is taken as well.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Action(String);

/// Why a text is no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an action is 1 to 64 letters, digits and underscores, as in TICKET_CREATED")]
pub struct ActionFault;

/// A kind of thing as a filter names it: `ticket`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ResourceType(String);

/// Why a text is no kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a resource type is 1 to 64 letters, digits and underscores, as in ticket")]
pub struct ResourceTypeFault;

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Action {
    /// The text, in capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ResourceType {
    /// The text, in small letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Action {
    type Err = ActionFault;

    fn from_str(text: &str) -> Result<Self, ActionFault> {
        if is_word(text) { Ok(Self(text.to_ascii_uppercase())) } else { Err(ActionFault) }
    }
}

impl FromStr for ResourceType {
    type Err = ResourceTypeFault;

    fn from_str(text: &str) -> Result<Self, ResourceTypeFault> {
        if is_word(text) { Ok(Self(text.to_ascii_lowercase())) } else { Err(ResourceTypeFault) }
    }
}

impl TryFrom<String> for Action {
    type Error = ActionFault;

    fn try_from(text: String) -> Result<Self, ActionFault> {
        text.parse()
    }
}

impl TryFrom<String> for ResourceType {
    type Error = ResourceTypeFault;

    fn try_from(text: String) -> Result<Self, ResourceTypeFault> {
        text.parse()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_in_either_case_and_nothing_else_is() {
        assert_eq!("ticket_created".parse::<Action>().unwrap().as_str(), "TICKET_CREATED");
        assert_eq!("Ticket".parse::<ResourceType>().unwrap().as_str(), "ticket");
        for text in ["", "TICKET CREATED", "TICKET'--", "é", &"A".repeat(65)] {
            assert_eq!(text.parse::<Action>(), Err(ActionFault), "{text}");
            assert_eq!(text.parse::<ResourceType>(), Err(ResourceTypeFault), "{text}");
        }
    }
}
