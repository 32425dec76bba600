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
    pub fn and(mut self, caused: impl IntoIterator<Item = (UserId, i64)>) -> Self {
        for (person, count) in caused {
            *self.0.entry(person).or_default() += count;
        }
        self
    }

    /// Without what they had caused before.
    #[must_use]
    pub fn without(self, caused: impl IntoIterator<Item = (UserId, i64)>) -> Self {
        self.and(caused.into_iter().map(|(person, count)| (person, -count)))
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

    /// The entries of one that was kept.
    ///
    /// # Errors
    /// When it is cut off.
    pub fn entries(bytes: &[u8]) -> Result<impl Iterator<Item = (UserId, i64)>, StandingFault> {
        let (entries, []) = bytes.as_chunks::<ENTRY>() else { return Err(StandingFault(bytes.len())) };
        Ok(entries.iter().map(|entry| {
            let (id, count) = entry.split_at(ID);
            let id = Uuid::from_bytes(id.try_into().expect("an id has its length"));
            (id.into(), i64::from_be_bytes(count.try_into().expect("so has a number")))
        }))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> UserId {
        Uuid::from_u128(number).into()
    }

    #[test]
    fn what_is_kept_is_read_back_in_the_order_of_the_ids_and_nothing_else_is() {
        let standing = Standing::default().and([(person(2), 1 << 40), (person(1), 7), (person(2), 1)]);
        let bytes = standing.to_bytes();
        let entries: Vec<_> = Standing::entries(&bytes).unwrap().collect();
        assert_eq!(entries, [(person(1), 7), (person(2), (1 << 40) + 1)]);
        assert_eq!(Standing::default().and(entries), standing);
        assert_eq!(Standing::entries(&bytes[1..]).err(), Some(StandingFault(47)));
        assert_eq!(Standing::entries(&[]).unwrap().count(), 0);
    }

    #[test]
    fn between_two_are_those_who_caused_something_the_greatest_first_and_of_equals_the_elder() {
        let before = Standing::default().and([(person(1), 5), (person(2), 1)]);
        let after = before.clone().and([(person(4), 2), (person(3), 2), (person(2), 9)]);
        let parts = after.without(Standing::entries(&before.to_bytes()).unwrap()).greatest(2);
        let told: Vec<_> = [(2, 9), (3, 2)].map(|(id, count)| (person(id).to_string(), count)).into();
        assert_eq!(parts, Parts { greatest: told, count: 3 });
    }
}
