use shared::text::{fold, words};

use super::TicketNumber;

/// What is looked for in numbers, titles, descriptions and public comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    folded: String,
    number: Option<TicketNumber>,
}

impl Search {
    /// How many characters may be looked for.
    pub const MAX: usize = 200;

    /// What somebody typed; nothing when there is nothing in it to look for.
    ///
    /// # Errors
    /// When it is longer than [`Search::MAX`].
    pub fn parse(typed: &str) -> Result<Option<Self>, TooMuch> {
        if typed.chars().count() > Self::MAX {
            return Err(TooMuch);
        }
        let typed = typed.trim();
        let number = typed.to_uppercase().parse().ok();
        Ok((!typed.is_empty()).then(|| Self { folded: fold(typed), number }))
    }

    /// The text, in lower case and without accents, as everything that is searched is.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The ticket number that was typed, if it is one and nothing else.
    pub fn number(&self) -> Option<TicketNumber> {
        self.number
    }

    /// Its words: runs of letters and digits.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.folded)
    }
}

/// More was typed than is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most {} characters", Search::MAX)]
pub struct TooMuch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_folded_and_a_number_is_seen() {
        let found = |typed: &str| Search::parse(typed).unwrap().unwrap();
        assert_eq!(found(" Écran \"noir\" ").folded(), "ecran \"noir\"");
        assert_eq!(found("a-b/c'd").words().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(found(" hd-000042").number(), Some(TicketNumber::new(42)));
        assert_eq!(found("hd-42").number(), None);
        assert_eq!(Search::parse(" \t").unwrap(), None);
        assert_eq!(Search::parse(&"é".repeat(201)), Err(TooMuch));
    }
}
