//! The public keys that access tokens are verified with.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use serde::Deserialize;
use tokio::sync::Mutex;

/// A token with an unknown key id makes us ask for the keys at most this often.
const ASK_AGAIN: Duration = Duration::from_secs(5);
const FETCH_TIMEOUT: Duration = Duration::from_secs(1);
/// A set of keys is a few hundred bytes.
const LARGEST_SET: usize = 64 * 1024;

pub(super) struct Keys {
    source: Source,
    ring: RwLock<Arc<Ring>>,
    /// When the keys were last asked for because of an unknown key id. Held while asking: one at a time.
    asked: Mutex<Option<Instant>>,
}

enum Source {
    /// Auth, over HTTP.
    Auth { url: String, client: reqwest::Client },
    /// This process is auth.
    Own,
}

type Ring = HashMap<String, Arc<DecodingKey>>;

pub(super) enum Lookup {
    Known(Arc<DecodingKey>),
    Unknown,
    /// No keys could ever be had, so nothing can be said about any token.
    NoKeys,
}

impl Keys {
    pub(super) fn of_auth(auth_url: &str) -> Self {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // A kept connection would belong to the runtime of whichever HTTP worker asked first.
            .pool_max_idle_per_host(0)
            .build()
            .expect("an HTTP client without certificates of its own can be built");
        let url = format!("{}/.well-known/jwks.json", auth_url.trim_end_matches('/'));
        Keys { source: Source::Auth { url, client }, ring: RwLock::default(), asked: Mutex::default() }
    }

    pub(super) fn own(keys: JwkSet) -> Self {
        let ring = RwLock::new(Arc::new(ring(keys.keys)));
        Keys { source: Source::Own, ring, asked: Mutex::default() }
    }

    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ring().is_empty()
    }

    /// Whether the keys come over the network and are to be asked for now and then.
    pub(super) fn are_remote(&self) -> bool {
        matches!(self.source, Source::Auth { .. })
    }

    /// Takes a new set; says whether a key that was there is gone. An empty set changes nothing: it is a fault of
    /// whoever sent it.
    pub(super) fn replace(&self, keys: Vec<Jwk>) -> bool {
        let new = ring(keys);
        if new.is_empty() {
            tracing::warn!("a set without a usable signing key was ignored");
            return false;
        }
        let mut held = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let gone = held.keys().any(|kid| !new.contains_key(kid));
        *held = Arc::new(new);
        gone
    }

    /// The key of this id; asks auth when it is not known. `gone` is called when a known key was withdrawn.
    pub(super) async fn find(&self, kid: &str, gone: impl FnOnce()) -> Lookup {
        if let Some(key) = self.ring().get(kid) {
            return Lookup::Known(key.clone());
        }
        if self.are_remote() {
            let mut asked = self.asked.lock().await;
            // Whoever held the lock may have brought it.
            if !self.ring().contains_key(kid) && asked.is_none_or(|at| at.elapsed() >= ASK_AGAIN) {
                *asked = Some(Instant::now());
                if self.fetch().await.is_ok_and(|withdrawn| withdrawn) {
                    gone();
                }
            }
        }
        let ring = self.ring();
        match ring.get(kid) {
            Some(key) => Lookup::Known(key.clone()),
            None if ring.is_empty() => Lookup::NoKeys,
            None => Lookup::Unknown,
        }
    }

    /// Asks auth for its keys; what is held stays when that fails. Says whether a key that was there is gone.
    pub(super) async fn fetch(&self) -> anyhow::Result<bool> {
        let Source::Auth { url, client } = &self.source else { return Ok(false) };
        let mut response = client.get(url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            anyhow::ensure!(body.len() + chunk.len() <= LARGEST_SET, "the set of keys is too large");
            body.extend_from_slice(&chunk);
        }
        Ok(self.replace(parse(&body)?))
    }
}

/// Each key by itself: one of a kind that we do not know must not take the others with it.
fn parse(body: &[u8]) -> anyhow::Result<Vec<Jwk>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(body)?;
    Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

/// Only Ed25519 signing keys with an id. A key of another kind is never used, whatever a token says.
fn ring(keys: Vec<Jwk>) -> Ring {
    keys.iter()
        .filter_map(|key| {
            let kid = key.common.key_id.clone().filter(|kid| !kid.is_empty())?;
            let for_signing = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
            let right_algorithm = matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::EdDSA));
            let AlgorithmParameters::OctetKeyPair(pair) = &key.algorithm else { return None };
            if !for_signing || !right_algorithm || pair.curve != EllipticCurve::Ed25519 {
                return None;
            }
            Some((kid, Arc::new(DecodingKey::from_jwk(key).ok()?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ed25519_signing_keys_are_taken() {
        let set = r#"{"keys": [
            {"kty":"OKP","crv":"Ed25519","kid":"good","use":"sig","alg":"EdDSA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"Ed25519","kid":"enc","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"X25519","kid":"x","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"oct","kid":"secret","k":"c2VjcmV0"},
            {"kty":"from the future","kid":"new"}
        ]}"#;
        let ring = ring(parse(set.as_bytes()).unwrap());
        assert_eq!(ring.keys().collect::<Vec<_>>(), ["good"]);
    }
}
