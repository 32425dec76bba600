use std::str::FromStr;

use serde::Deserialize;

use super::{Hash, HashFault};

/// What somebody has kept of the trail in another place: how it ended at some moment. Nobody needs to have signed that; it is
/// their own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Remembered {
    /// The row that was the last.
    pub sequence: i64,
    /// Its hash.
    pub hash: Hash,
}

/// A text that holds no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RememberedFault {
    /// Neither a checkpoint as JSON nor a line of the log.
    #[error(
        "it is no checkpoint: neither one as JSON ({{\"sequence\": 42, \"hash\": \"…\", …}}) nor the line that the log has of one"
    )]
    Unreadable,
    /// What stands for the hash is none.
    #[error(transparent)]
    Hash(#[from] HashFault),
}

impl FromStr for Remembered {
    type Err = RememberedFault;

    /// Reads a checkpoint as the API gives it or an export has it, or the line that the program's log has of one
    /// (`… sequence=42 hash=9f… …`, or the same as JSON).
    fn from_str(text: &str) -> Result<Self, RememberedFault> {
        serde_json::from_str(text).or_else(|_| logged(text))
    }
}

fn logged(text: &str) -> Result<Remembered, RememberedFault> {
    let field = |name: &str| {
        let mut words = text.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).ok_or(RememberedFault::Unreadable)
    };
    let sequence = field("sequence")?.parse().map_err(|_| RememberedFault::Unreadable)?;
    Ok(Remembered { sequence, hash: field("hash")?.parse()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_from_the_api_an_export_and_both_kinds_of_log() {
        let hash = "e5f44fb720f87ed3645eb6e0c0d4ed5a8a60d8a928b87948a8d1020827b72beb";
        let expected = Remembered { sequence: 42, hash: hash.parse().unwrap() };
        for text in [
            format!(r#"{{"sequence":42,"hash":"{hash}"}}"#),
            format!(r#"{{"kind":"checkpoint","sequence":42,"hash":"{hash}","keyId":"ab","signature":"cd"}}"#),
            format!(r#"{{"level":"INFO","sequence":42,"hash":"{hash}","key_id":"ab"}}"#),
            format!(
                "2026-03-01T08:00:00Z  INFO audit: checkpoint of the audit trail sequence=42 hash={hash} key_id=\"ab\""
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "hello", "{}", "sequence=42", "sequence=x hash=y", "42"] {
            assert_eq!(text.parse::<Remembered>(), Err(RememberedFault::Unreadable), "{text}");
        }
        assert_eq!("sequence=1 hash=y".parse::<Remembered>(), Err(HashFault.into()));
    }
}
