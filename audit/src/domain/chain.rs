//! The chain: the hash of each row covers the row before it, so no row can be changed, removed or put in without all that
//! follow telling of it.
//!
//! A hash is SHA-256 over a text of seven parts, each ended by a line feed but the last, which is so that `printf … |
//! sha256sum` can do it too:
//!
//! ```text
//! helpdesk-trail-1
//! <hash of the row before, 64 hexadecimal digits; of the first row 64 zeros>
//! <sequence>
//! <recorded at, RFC 3339 in UTC with microseconds>
//! <whom the event is about, or ->
//! <the sealed personal details, or ->
//! <the envelope, as it is stored>
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::{
    clock::{Timestamp, rfc3339},
    ids::UserId,
};

/// The first part of what is hashed: which form it has.
const FORM: &str = "helpdesk-trail-1";

/// The hash of a row, and through it of all before.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first row.
    pub const BEGINNING: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// A text that is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct HashFault;

impl FromStr for Hash {
    type Err = HashFault;

    fn from_str(text: &str) -> Result<Self, HashFault> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| HashFault)?;
        // One form only: else a hash could be rewritten and still be the same.
        if text.bytes().any(|digit| digit.is_ascii_uppercase()) { Err(HashFault) } else { Ok(Self(bytes)) }
    }
}

impl TryFrom<String> for Hash {
    type Error = HashFault;

    fn try_from(text: String) -> Result<Self, HashFault> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

/// What the chain is made of: a row without what merely helps to find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Its place in the feed: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// When audit took it; never earlier than the row before.
    pub recorded_at: Timestamp,
    /// Whom it is about.
    pub person_id: Option<UserId>,
    /// Their personal details in it, sealed with their key.
    pub sealed: Option<String>,
    /// The event without those, as JSON.
    pub envelope: String,
    /// The hash that it was given.
    pub hash: Hash,
}

/// The hash of a row.
#[must_use]
pub fn hash(
    previous: Hash,
    sequence: i64,
    recorded_at: Timestamp,
    person_id: Option<UserId>,
    sealed: Option<&str>,
    envelope: &str,
) -> Hash {
    let mut digest = Sha256::new();
    let person = person_id.map_or_else(|| "-".to_owned(), |person| person.to_string());
    let head = format!(
        "{FORM}\n{previous}\n{sequence}\n{}\n{person}\n{}\n",
        rfc3339(recorded_at),
        sealed.unwrap_or("-")
    );
    digest.update(head.as_bytes());
    digest.update(envelope.as_bytes());
    Hash(digest.finalize().into())
}

impl Link {
    /// The hash that it should have behind a row with that one.
    #[must_use]
    pub fn computed(&self, previous: Hash) -> Hash {
        hash(
            previous,
            self.sequence,
            self.recorded_at,
            self.person_id,
            self.sealed.as_deref(),
            &self.envelope,
        )
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn the_hash_is_the_one_that_sha256sum_gives() {
        // printf 'helpdesk-trail-1\n%064d\n1\n2026-03-01T08:00:00.000000Z\n-\n-\n{}' 0 | sha256sum
        let at = Utc.with_ymd_and_hms(2026, 3, 1, 8, 0, 0).unwrap();
        let first = hash(Hash::BEGINNING, 1, at, None, None, "{}");
        assert_eq!(first.to_string(), "e5f44fb720f87ed3645eb6e0c0d4ed5a8a60d8a928b87948a8d1020827b72beb");
        assert_eq!(first.to_string().parse(), Ok(first));
        assert_ne!(hash(first, 2, at, None, None, "{}"), hash(Hash::BEGINNING, 2, at, None, None, "{}"));
        assert_eq!(first.to_string().to_uppercase().parse::<Hash>(), Err(HashFault));
    }
}
