use std::collections::HashMap;

use shared::ids::UserId;
use uuid::Uuid;

use super::Parts;

/// The bytes of an id, and of it with its number.
const ID: usize = 16;
const ENTRY: usize = ID + 8;

/// How many events each person has caused up to a moment. What was caused in a time is the difference of two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing(HashMap<UserId, i64>);

/// Why bytes are no standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are no standing: its entries have {ENTRY}")]
pub struct StandingFault(usize);

impl Standing {
    /// With what they have caused since.
    #[must_use]
    pub fn and(mut self, since: Self) -> Self {
        self.extend(since.0);
        self
    }

    /// Without what they had caused before.
    #[must_use]
    pub fn without(mut self, before: Self) -> Self {
        self.extend(before.0.into_iter().map(|(person, count)| (person, -count)));
        self
    }

    /// As it is kept: the entries one after the other, in the order of the ids.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_unstable();
        entries
            .into_iter()
            .flat_map(|(person, count)| [&person.0.as_bytes()[..], &count.to_be_bytes()].concat())
            .collect()
    }

    /// One that was kept.
    ///
    /// # Errors
    /// When it is cut off.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, StandingFault> {
        let (entries, []) = bytes.as_chunks::<ENTRY>() else { return Err(StandingFault(bytes.len())) };
        let entries = entries.iter().map(|entry| {
            let (id, count) = entry.split_at(ID);
            let id = Uuid::from_bytes(id.try_into().expect("an id has its length"));
            (id.into(), i64::from_be_bytes(count.try_into().expect("so has a number")))
        });
        Ok(entries.collect())
    }

    /// Those who caused most, the greatest first, and how many caused anything.
    #[must_use]
    pub fn greatest(self, limit: u32) -> Parts {
        let mut people: Vec<_> = self.0.into_iter().filter(|(_, count)| *count > 0).collect();
        people.sort_unstable_by_key(|(person, count)| (-count, *person));
        let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
        people.truncate(limit as usize);
        Parts {
            greatest: people.into_iter().map(|(person, count)| (person.to_string(), count)).collect(),
            count,
        }
    }
}

impl Extend<(UserId, i64)> for Standing {
    fn extend<T: IntoIterator<Item = (UserId, i64)>>(&mut self, caused: T) {
        for (person, count) in caused {
            *self.0.entry(person).or_default() += count;
        }
    }
}

impl FromIterator<(UserId, i64)> for Standing {
    fn from_iter<T: IntoIterator<Item = (UserId, i64)>>(caused: T) -> Self {
        let mut standing = Self::default();
        standing.extend(caused);
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> UserId {
        Uuid::from_u128(number).into()
    }

    fn standing<const N: usize>(caused: [(u128, i64); N]) -> Standing {
        caused.into_iter().map(|(number, count)| (person(number), count)).collect()
    }

    #[test]
    fn what_is_kept_is_read_back_and_the_same_has_the_same_bytes() {
        let one = standing([(2, 1 << 40), (1, 7), (2, 1)]);
        let bytes = one.to_bytes();
        assert_eq!(bytes, standing([(1, 7), (2, (1 << 40) + 1)]).to_bytes());
        assert_eq!(Standing::of_bytes(&bytes), Ok(one));
        assert_eq!(Standing::of_bytes(&bytes[1..]), Err(StandingFault(47)));
        assert_eq!(Standing::of_bytes(&[]), Ok(Standing::default()));
    }

    #[test]
    fn between_two_are_those_who_caused_something_the_greatest_first_and_of_equals_the_elder() {
        let before = standing([(1, 5), (2, 1)]);
        let after = before.clone().and(standing([(4, 2), (3, 2), (2, 9)]));
        let told: Vec<_> = [(2, 9), (3, 2)].map(|(id, count)| (person(id).to_string(), count)).into();
        assert_eq!(after.without(before).greatest(2), Parts { greatest: told, count: 3 });
    }
}
