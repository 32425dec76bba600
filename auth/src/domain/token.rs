//! Opaque secrets: refresh tokens, and the tokens of the links that mails carry.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use shared::{
    clock::Timestamp,
    ids::{OneTimeTokenId, UserId},
};

/// How many characters 256 bits take in unpadded base64url.
const CHARS: usize = 43;

/// A random secret of 256 bits that only its bearer keeps; we keep its [`TokenHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A token of bytes that came from a cryptographic generator.
    #[must_use]
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a token as it was handed out; anything else is none, so that a malformed one can match nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != CHARS {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The form for the bearer: 43 characters that need no escaping in a link.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored. A fast hash is enough: 256 random bits cannot be guessed.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex::encode(Sha256::digest(self.0)))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// SHA-256 of a token, in hex: the only form at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// As it was stored.
    #[must_use]
    pub fn restore(text: String) -> Self {
        Self(text)
    }

    /// The hash as 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a token sent by mail is good for; one kind never opens the door of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To set a new password.
    PasswordReset,
    /// To prove the address.
    EmailVerification,
}

impl Purpose {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::PasswordReset => "reset",
            Purpose::EmailVerification => "verify",
        }
    }
}

/// A token for one use, as it is stored.
#[derive(Clone, Debug)]
pub struct OneTimeToken {
    /// Its row.
    pub id: OneTimeTokenId,
    /// Whose.
    pub user_id: UserId,
    /// What for.
    pub purpose: Purpose,
    /// What it hashes to.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_not_handed_out_is_no_token() {
        let token = Token::of([7; 32]).reveal();
        for text in [
            "",
            "null",
            "undefined",
            "%",
            "' OR 1=1 --",
            &token[1..],
            &format!("{token}="),
            &format!("{token}A"),
            &format!(" {}", &token[1..]),
            &format!("{}a", "é".repeat(21)),
            &format!("{}+", &token[..42]),
            // The last character holds four bits only: another spelling of the same bytes is refused too.
            &format!("{}d", &token[..42]),
        ] {
            assert!(Token::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_debug_print_does_not_tell() {
        assert_eq!(format!("{:?}", Token::of([7; 32])), "Token(***)");
    }

    proptest! {
        #[test]
        fn a_token_is_read_back_as_it_was_handed_out(bytes: [u8; 32]) {
            let token = Token::of(bytes);
            prop_assert_eq!(Token::parse(&token.reveal()), Some(token.clone()));
            prop_assert_eq!(token.reveal().len(), CHARS);
            prop_assert!(token.hash().as_str() != token.reveal());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = Token::parse(&text);
        }
    }
}
