//! What is derived from `JWT_SECRET`: the key that seals the signing keys at rest, and the one that fingerprints
//! registrations.

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
    hmac,
};
use shared::config::Secret;

/// Seals and fingerprints; it never shows the secret that it was made of.
pub struct Vault {
    sealing: LessSafeKey,
    fingerprints: hmac::Key,
}

/// What was sealed with another secret, or has been tampered with, does not open.
#[derive(Debug, thiserror::Error)]
#[error("it was sealed with another JWT_SECRET")]
pub struct WrongSecret;

impl Vault {
    /// The vault of a secret. Each use has a key of its own (RFC 5869), so none says anything on another.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        let root = Salt::new(HKDF_SHA256, b"helpdesk auth v1").extract(secret.expose().as_bytes());
        let derive = |purpose: &[u8]| {
            let mut key = [0; 32];
            root.expand(&[purpose], Bytes32)
                .and_then(|okm| okm.fill(&mut key))
                .expect("32 bytes can be derived");
            key
        };
        let sealing =
            UnboundKey::new(&CHACHA20_POLY1305, &derive(b"signing keys")).expect("the key has 32 bytes");
        Self {
            sealing: LessSafeKey::new(sealing),
            fingerprints: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"registrations")),
        }
    }

    /// Encrypts `plain` for storage; it opens only under the same `name`.
    #[must_use]
    pub fn seal(&self, name: &str, plain: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        rand::rng().fill_bytes(&mut nonce);
        let mut sealed = plain.to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut sealed,
            )
            .expect("a few bytes can be sealed");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Vault::seal`] gave.
    ///
    /// # Errors
    /// When it was sealed with another secret or under another name, or was altered.
    pub fn open(&self, name: &str, sealed: &str) -> Result<Vec<u8>, WrongSecret> {
        let bytes = STANDARD.decode(sealed).map_err(|_| WrongSecret)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(WrongSecret)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.sealing.open_in_place(nonce, Aad::from(name.as_bytes()), &mut plain);
        let length = opened.map_err(|_| WrongSecret)?.len();
        plain.truncate(length);
        Ok(plain)
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

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

/// The secret of a development machine: made once, in the data folder, readable by its owner only. Of several
/// processes that start at once one makes it and the others read it.
///
/// # Errors
/// When the folder cannot be written or read.
pub fn secret_of_data_folder(data_dir: &Path) -> anyhow::Result<Secret> {
    let folder = data_dir.join("auth");
    let path = folder.join("jwt_secret");
    let what = || format!("the secret for the signing keys, {}", path.display());
    std::fs::create_dir_all(&folder).with_context(what)?;
    if !path.exists() {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        // Written aside and linked into place: nobody ever reads half of it, and only the first one wins.
        let draft = folder.join(format!("jwt_secret.{}", hex::encode(&bytes[..8])));
        rand::rng().fill_bytes(&mut bytes);
        owner_only(&draft)
            .and_then(|mut file| file.write_all(hex::encode(bytes).as_bytes()))
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
    fn what_is_sealed_opens_with_the_same_secret_and_name_only() {
        let vault = Vault::of(&Secret::new("one secret"));
        let sealed = vault.seal("kid-1", b"private");
        assert_ne!(sealed, vault.seal("kid-1", b"private"));
        assert!(!sealed.contains("private"));
        assert_eq!(vault.open("kid-1", &sealed).unwrap(), b"private");
        assert!(vault.open("kid-2", &sealed).is_err());
        assert!(Vault::of(&Secret::new("another")).open("kid-1", &sealed).is_err());
        for broken in ["", "AAAA", "?", &sealed[4..]] {
            assert!(vault.open("kid-1", broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn a_fingerprint_tells_texts_apart_and_needs_the_secret() {
        let vault = Vault::of(&Secret::new("one secret"));
        assert_eq!(vault.fingerprint(&["a", "b"]), vault.fingerprint(&["a", "b"]));
        assert_ne!(vault.fingerprint(&["a", "b"]), vault.fingerprint(&["ab", ""]));
        assert_ne!(vault.fingerprint(&["a"]), Vault::of(&Secret::new("another")).fingerprint(&["a"]));
    }

    #[test]
    fn the_secret_of_a_folder_is_made_once_however_many_ask() {
        let folder = tempfile::tempdir().unwrap();
        let secrets: Vec<Secret> = std::thread::scope(|scope| {
            let asking: Vec<_> =
                (0..8).map(|_| scope.spawn(|| secret_of_data_folder(folder.path()).unwrap())).collect();
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
