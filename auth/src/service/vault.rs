//! What is derived from `JWT_SECRET`: the key that seals the signing keys at rest, and the one that fingerprints
//! registrations.

use ring::hmac;
use shared::{
    config::Secret,
    vault::{Seal, derive},
};

/// Seals and fingerprints; it never shows the secret that it was made of.
pub struct Vault {
    /// For the signing keys.
    pub seal: Seal,
    fingerprints: hmac::Key,
}

impl Vault {
    /// The vault of a secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        let key = |purpose| derive(secret, "auth", purpose);
        Self {
            seal: Seal::of(&key("signing keys")),
            fingerprints: hmac::Key::new(hmac::HMAC_SHA256, &key("registrations")),
        }
    }

    /// A keyed hash of some texts. A plain one of a request with a password in it would be a fast hash of that
    /// password, at rest for a day.
    #[must_use]
    pub fn fingerprint(&self, texts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.fingerprints);
        for text in texts {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        }
        hex::encode(context.sign())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_texts_apart_and_needs_the_secret() {
        let vault = Vault::of(&Secret::new("one secret"));
        assert_eq!(vault.fingerprint(&["a", "b"]), vault.fingerprint(&["a", "b"]));
        assert_ne!(vault.fingerprint(&["a", "b"]), vault.fingerprint(&["ab", ""]));
        assert_ne!(vault.fingerprint(&["a"]), Vault::of(&Secret::new("another")).fingerprint(&["a"]));
    }
}
