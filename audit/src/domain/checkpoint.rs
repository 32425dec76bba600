//! Checkpoints: where the trail ended at a moment, signed with a key of their own (Ed25519, RFC 8032). The database alone
//! cannot make one.

use std::str::FromStr;

use ed25519_dalek::{
    Signature, Signer as _, SigningKey, VerifyingKey,
    pkcs8::{DecodePublicKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::clock::{Timestamp, rfc3339};

use super::Hash;

/// The end of the trail at some moment, signed.
///
/// What is signed is a text of four parts, each ended by a line feed but the last: `helpdesk-checkpoint-1`, the sequence, the
/// hash, and the moment in RFC 3339 with microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The last row.
    pub sequence: i64,
    /// Its hash.
    pub hash: Hash,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Which key has signed: see [`PublicKey::id`].
    pub key_id: String,
    /// The signature, in hexadecimal digits.
    pub signature: String,
}

fn signed_text(sequence: i64, hash: Hash, recorded_at: Timestamp) -> String {
    format!("helpdesk-checkpoint-1\n{sequence}\n{hash}\n{}", rfc3339(recorded_at))
}

/// Signs checkpoints.
pub struct Signer {
    key: SigningKey,
    id: String,
    former: Vec<PublicKey>,
}

impl Signer {
    /// The signer with a key of 32 bytes.
    #[must_use]
    pub fn of(key: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(key);
        let id = PublicKey(key.verifying_key()).id();
        Self { key, id, former: Vec::new() }
    }

    /// The same, after others: what those have signed is still believed.
    #[must_use]
    pub fn after(self, former: Vec<PublicKey>) -> Self {
        Self { former, ..self }
    }

    /// What all checkpoints are verified with: its own key first, then those of its predecessors.
    #[must_use]
    pub fn trusted(&self) -> Vec<PublicKey> {
        std::iter::once(self.public_key()).chain(self.former.iter().cloned()).collect()
    }

    /// The trail ends here.
    #[must_use]
    pub fn sign(&self, sequence: i64, hash: Hash, recorded_at: Timestamp) -> Checkpoint {
        let signature = self.signature(&signed_text(sequence, hash, recorded_at));
        Checkpoint { sequence, hash, recorded_at, key_id: self.id.clone(), signature }
    }

    pub(super) fn signature(&self, text: &str) -> String {
        hex::encode(self.key.sign(text.as_bytes()).to_bytes())
    }

    /// What its signatures are verified with.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key())
    }
}

/// What checkpoints are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)")]
pub struct PublicKeyFault;

impl PublicKey {
    /// Reads it (SubjectPublicKeyInfo in PEM, RFC 8410).
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyFault> {
        VerifyingKey::from_public_key_pem(text.trim()).map(Self).map_err(|_| PublicKeyFault)
    }

    /// Reads several, one after the other, as `GET /audit/public-key` gives them where the key was changed.
    ///
    /// # Errors
    /// When there is none, or one of them is something else.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, PublicKeyFault> {
        let parts = text.split_inclusive("-----END PUBLIC KEY-----").filter(|part| !part.trim().is_empty());
        let keys = parts.map(Self::from_pem).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(PublicKeyFault) } else { Ok(keys) }
    }

    /// The same in PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("an Ed25519 key has a PEM form")
    }

    /// The first 16 hexadecimal digits of the SHA-256 of its 32 bytes.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(&Sha256::digest(self.0.as_bytes())[..8])
    }

    /// Whether it was this key's owner who signed.
    #[must_use]
    pub fn verifies(&self, checkpoint: &Checkpoint) -> bool {
        let text = signed_text(checkpoint.sequence, checkpoint.hash, checkpoint.recorded_at);
        self.has_signed(&text, &checkpoint.signature)
    }

    pub(super) fn has_signed(&self, text: &str, signature: &str) -> bool {
        let mut bytes = [0; Signature::BYTE_SIZE];
        hex::decode_to_slice(signature, &mut bytes).is_ok()
            && self.0.verify_strict(text.as_bytes(), &Signature::from_bytes(&bytes)).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyFault;

    /// PEM, or only the line in the middle of it, which fits into a setting.
    fn from_str(text: &str) -> Result<Self, PublicKeyFault> {
        if text.contains("-----BEGIN") {
            return Self::from_pem(text);
        }
        Self::from_pem(&format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", text.trim()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};

    use super::*;

    #[test]
    fn a_checkpoint_is_verified_by_its_own_key_and_as_it_was_signed() {
        let at = Utc.with_ymd_and_hms(2026, 3, 1, 8, 0, 0).unwrap();
        let signer = Signer::of(&[7; 32]);
        let key = PublicKey::from_pem(&signer.public_key().to_pem()).unwrap();
        let checkpoint = signer.sign(5, Hash::BEGINNING, at);
        assert!(key.verifies(&checkpoint));
        assert_eq!(checkpoint.key_id, key.id());
        assert!(!Signer::of(&[8; 32]).public_key().verifies(&checkpoint));
        for forged in [
            Checkpoint { sequence: 4, ..checkpoint.clone() },
            Checkpoint { recorded_at: at + TimeDelta::microseconds(1), ..checkpoint.clone() },
            Checkpoint { signature: "00".repeat(64), ..checkpoint.clone() },
            Checkpoint { signature: String::new(), ..checkpoint.clone() },
        ] {
            assert!(!key.verifies(&forged), "{forged:?}");
        }
        assert_eq!(PublicKey::from_pem("hello"), Err(PublicKeyFault));
        let pem = signer.public_key().to_pem();
        for text in [pem.as_str(), pem.lines().nth(1).unwrap()] {
            assert_eq!(text.parse(), Ok(signer.public_key()), "{text}");
        }
        assert_eq!("hello".parse::<PublicKey>(), Err(PublicKeyFault));
        let other = Signer::of(&[8; 32]).public_key();
        let two = format!("{pem}{}", other.to_pem());
        assert_eq!(PublicKey::all_from_pem(&two), Ok(vec![signer.public_key(), other]));
        for text in ["", "hello", &format!("{pem}hello")] {
            assert_eq!(PublicKey::all_from_pem(text), Err(PublicKeyFault), "{text}");
        }
    }
}
