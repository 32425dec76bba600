use shared::clock::Timestamp;
use shared::ids::UserId;
use shared::text::fold;

use super::{Account, Profile};

/// Somebody as this service knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// What they tell of themselves.
    pub profile: Profile,
    /// What auth says of them.
    pub account: Account,
    /// Goes up with every write of either.
    pub revision: i64,
}

/// What is known of an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// It is somebody.
    Living(Box<Person>),
    /// It was somebody, and shall not be again.
    Erased {
        /// Who.
        user_id: UserId,
        /// Higher than any that they had.
        revision: i64,
    },
}

impl Person {
    /// Somebody of whom only the account is known.
    pub fn new(account: Account, now: Timestamp) -> Self {
        Self { profile: Profile::new(account.user_id, now), account, revision: 1 }
    }

    /// All that a search looks through, folded.
    pub fn search_text(&self) -> String {
        let profile = &self.profile;
        let texts = [
            profile.first_name.as_ref().map(|name| name.as_str()),
            profile.last_name.as_ref().map(|name| name.as_str()),
            Some(self.account.email.value().as_str()),
            profile.department.as_ref().map(|department| department.as_str()),
            profile.job_title.as_ref().map(|title| title.as_str()),
        ];
        fold(&texts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// What they are sorted by when it is by name: the last and the first one, folded.
    pub fn sort_name(&self) -> String {
        let names = [&self.profile.last_name, &self.profile.first_name];
        let names: Vec<_> = names.into_iter().flatten().map(|name| name.as_str()).collect();
        fold(&names.join(" "))
    }
}

impl Known {
    /// Of two readings the one with the higher revision is the newer.
    pub fn revision(&self) -> i64 {
        match self {
            Self::Living(person) => person.revision,
            Self::Erased { revision, .. } => *revision,
        }
    }

    /// Whose id it is.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::Living(person) => person.profile.user_id,
            Self::Erased { user_id, .. } => *user_id,
        }
    }

    /// The person, unless erased.
    pub fn living(self) -> Option<Person> {
        match self {
            Self::Living(person) => Some(*person),
            Self::Erased { .. } => None,
        }
    }
}

impl From<Person> for Known {
    fn from(person: Person) -> Self {
        Self::Living(Box::new(person))
    }
}
