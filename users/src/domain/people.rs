use shared::auth::Role;
use shared::clock::Timestamp;
use shared::ids::ProfileId;
use shared::text::fold;

use super::Person;

/// Which people are wanted, in which order, from where on. The erased are nobody's to see.
#[derive(Debug, Clone)]
pub struct ListPeople {
    /// Only those in whose texts all of this occurs.
    pub search: Search,
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only those of exactly this department.
    pub department: Option<String>,
    /// Only those who may sign in, or who may not.
    pub is_active: Option<bool>,
    /// What they are sorted by; ties are broken by the id, the same way round.
    pub sort: SortKey,
    /// The greatest first.
    pub descending: bool,
    /// Only those behind this place; from the start without one.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: u64,
}

/// Words to be looked for, folded; none finds everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search(Vec<String>);

/// A search is longer than any text that it could find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most {} characters", Search::MAX)]
pub struct SearchTooLong;

impl Search {
    /// How many characters it may have. Every word costs a look at every text.
    pub const MAX: usize = 200;

    /// The words of what somebody looks for.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(written: &str) -> Result<Self, SearchTooLong> {
        if written.chars().count() > Self::MAX {
            return Err(SearchTooLong);
        }
        Ok(Self(fold(written).split_whitespace().map(str::to_owned).collect()))
    }

    /// The words.
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

/// What people can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// When they were first heard of.
    CreatedAt,
    /// Their address.
    Email,
    /// Their last name, and the first one where that is the same.
    LastName,
}

impl SortKey {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CreatedAt, Self::Email, Self::LastName];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::Email => "email",
            Self::LastName => "lastName",
        }
    }
}

/// A place between two people of a sorted list: right behind the one with this value and this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The value that the list is sorted by.
    pub value: SortValue,
    /// The profile's id.
    pub id: ProfileId,
}

/// A value that people are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// A moment.
    Time(Timestamp),
    /// An address or a name.
    Text(String),
}

impl Person {
    /// The place right behind them in a list sorted by `key`.
    pub fn place(&self, key: SortKey) -> Place {
        let value = match key {
            SortKey::CreatedAt => SortValue::Time(self.profile.created_at),
            SortKey::Email => SortValue::Text(self.account.email.value().clone()),
            SortKey::LastName => SortValue::Text(self.sort_name()),
        };
        Place { value, id: self.profile.id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_its_words_folded() {
        for (written, words) in [
            ("  Zoé  LŒWE ", vec!["zoe", "loewe"]),
            ("100%_'\"", vec!["100%_'\""]),
            ("", vec![]),
            (" \u{301}\u{a0}\t", vec![]),
        ] {
            assert_eq!(Search::parse(written).unwrap().words(), words, "{written:?}");
        }
        assert_eq!(Search::parse(&"é".repeat(201)), Err(SearchTooLong));
        assert!(Search::parse(&"é".repeat(200)).is_ok());
    }
}
