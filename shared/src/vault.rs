//! What is kept at rest: secrets of a machine, keys derived from them, and bytes sealed with such keys.

use std::{
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::RngCore;
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
};

use crate::config::Secret;

/// A key of 256 bits.
pub type Key = [u8; 32];

/// A new key, at random.
#[must_use]
pub fn new_key() -> Key {
    let mut key = [0; 32];
    rand::rng().fill_bytes(&mut key);
    key
}

/// The key of one purpose of one service. Each purpose has its own (RFC 5869), so none says anything on another.
#[must_use]
pub fn derive(secret: &Secret, service: &str, purpose: &str) -> Key {
    let salt = format!("helpdesk {service} v1");
    let mut key = [0; 32];
    Salt::new(HKDF_SHA256, salt.as_bytes())
        .extract(secret.expose().as_bytes())
        .expand(&[purpose.as_bytes()], Bytes32)
        .and_then(|okm| okm.fill(&mut key))
        .expect("32 bytes can be derived");
    key
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

/// Seals with one key, by ChaCha20-Poly1305 (RFC 8439); it never shows that key.
pub struct Seal(LessSafeKey);

/// What was sealed with another key or under another name, or has been tampered with, does not open.
#[derive(Debug, thiserror::Error)]
#[error("it was sealed with another key, or altered")]
pub struct WrongKey;

impl Seal {
    /// The seal of a key.
    #[must_use]
    pub fn of(key: &Key) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has 32 bytes")))
    }

    /// Encrypts `plain` for storage; it opens only under the same `name`.
    #[must_use]
    pub fn close(&self, name: &str, plain: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        rand::rng().fill_bytes(&mut nonce);
        let mut sealed = plain.to_vec();
        let assumed = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(assumed, Aad::from(name.as_bytes()), &mut sealed)
            .expect("what fits into memory can be sealed");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Seal::close`] gave.
    ///
    /// # Errors
    /// When it was sealed with another key or under another name, or was altered.
    pub fn open(&self, name: &str, sealed: &str) -> Result<Vec<u8>, WrongKey> {
        let bytes = STANDARD.decode(sealed).map_err(|_| WrongKey)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(WrongKey)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(name.as_bytes()), &mut plain);
        let length = opened.map_err(|_| WrongKey)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

/// A secret of a development machine: made once, in the service's part of the data folder, readable by its owner only. Of
/// several processes that start at once one makes it and the others read it.
///
/// # Errors
/// When the folder cannot be written or read.
pub fn secret_of_data_folder(data_dir: &Path, service: &str, name: &str) -> anyhow::Result<Secret> {
    let folder = data_dir.join(service);
    let path = folder.join(name);
    let what = || format!("the secret of {service}, {}", path.display());
    std::fs::create_dir_all(&folder).with_context(what)?;
    if !path.exists() {
        // Written aside and linked into place: nobody ever reads half of it, and only the first one wins.
        let draft = folder.join(format!("{name}.{}", hex::encode(&new_key()[..8])));
        owner_only(&draft)
            .and_then(|mut file| file.write_all(hex::encode(new_key()).as_bytes()))
            .with_context(what)?;
        let linked = std::fs::hard_link(&draft, &path);
        std::fs::remove_file(&draft).with_context(what)?;
        match linked {
            Err(fault) if fault.kind() != ErrorKind::AlreadyExists => return Err(fault).with_context(what),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(&path).with_context(what)?;
    anyhow::ensure!(text.trim().len() >= 32, "{} is broken: it is too short", what());
    Ok(Secret::new(text.trim()))
}

fn owner_only(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_name_only() {
        let key = derive(&Secret::new("one secret"), "auth", "signing keys");
        let seal = Seal::of(&key);
        let sealed = seal.close("kid-1", b"private");
        assert_ne!(sealed, seal.close("kid-1", b"private"));
        assert!(!sealed.contains("private"));
        assert_eq!(seal.open("kid-1", &sealed).unwrap(), b"private");
        assert!(seal.open("kid-2", &sealed).is_err());
        assert!(Seal::of(&new_key()).open("kid-1", &sealed).is_err());
        for broken in ["", "AAAA", "?", &sealed[4..]] {
            assert!(seal.open("kid-1", broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn every_secret_service_and_purpose_has_a_key_of_its_own() {
        let key = derive(&Secret::new("one secret"), "auth", "signing keys");
        assert_eq!(key, derive(&Secret::new("one secret"), "auth", "signing keys"));
        for (secret, service, purpose) in [
            ("another secret", "auth", "signing keys"),
            ("one secret", "audit", "signing keys"),
            ("one secret", "auth", "registrations"),
        ] {
            assert_ne!(key, derive(&Secret::new(secret), service, purpose));
        }
    }

    #[test]
    fn the_secret_of_a_folder_is_made_once_however_many_ask() {
        let folder = tempfile::tempdir().unwrap();
        let ask = || secret_of_data_folder(folder.path(), "auth", "jwt_secret").unwrap();
        let secrets: Vec<Secret> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        assert!(secrets.iter().all(|secret| secret == &secrets[0]));
        assert_eq!(std::fs::read_dir(folder.path().join("auth")).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("auth/jwt_secret")).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}
