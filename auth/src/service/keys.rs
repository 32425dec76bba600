//! The keys that sign access tokens: made, sealed, published, rotated.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{
        AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm,
        OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse,
    },
};
use sha2::{Digest, Sha256};
use shared::{
    auth::{ACCESS_TOKEN_TYPE, Claims, TokenVerifier},
    clock::{Clock, Timestamp},
    config::TokensConfig,
    db::Db,
    ids::{EventId, SessionId},
};
use tokio::sync::Mutex;

use super::vault::Vault;
use crate::{
    Error,
    domain::{
        Account,
        key::{Generation, KeyRules},
    },
    store::{self, keys::StoredKey},
};

/// Signs access tokens, and publishes what verifies them.
pub struct Keyring {
    rules: KeyRules,
    tokens: TokensConfig,
    clock: Clock,
    vault: Arc<Vault>,
    guard: TokenVerifier,
    held: RwLock<Arc<Held>>,
    /// One at a time goes to the database for keys.
    renewing: Mutex<()>,
}

/// The keys as this process knows them.
#[derive(Default)]
struct Held {
    keys: Vec<Key>,
    published: JwkSet,
}

#[derive(Clone)]
struct Key {
    kid: String,
    generation: Generation,
    private: EncodingKey,
    public: Jwk,
}

/// An access token and when it expires.
pub struct AccessToken {
    /// The JWT.
    pub text: String,
    /// Its `exp`.
    pub expires_at: Timestamp,
}

impl Keyring {
    /// Brings up the keys of this installation, the very first of which is made here.
    ///
    /// # Errors
    /// When the database fails, or holds keys that were sealed with another secret.
    pub async fn open(
        db: &Db,
        rules: KeyRules,
        tokens: &TokensConfig,
        vault: Arc<Vault>,
        guard: TokenVerifier,
    ) -> anyhow::Result<Self> {
        let keyring = Self {
            rules,
            tokens: tokens.clone(),
            clock: db.clock().clone(),
            vault,
            guard,
            held: RwLock::default(),
            renewing: Mutex::default(),
        };
        keyring.renew(db).await?;
        Ok(keyring)
    }

    /// An access token for a session of an account.
    ///
    /// # Errors
    /// When there is no key to sign with.
    pub async fn sign(
        &self,
        db: &Db,
        account: &Account,
        session: SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<AccessToken, Error> {
        let held = self.current(db).await;
        let generations: Vec<Generation> = held.keys.iter().map(|key| key.generation).collect();
        let signer = self.rules.signer(&generations, now);
        let key = held.keys.iter().find(|key| Some(key.generation) == signer);
        let key = key.ok_or_else(|| Error::internal("there is no key to sign with"))?;
        let claims = Claims {
            user_id: account.id(),
            email: account.email().to_string(),
            role: account.role(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires_at.timestamp(),
            iss: self.tokens.issuer.clone(),
            aud: self.tokens.audience.clone(),
            sub: account.id(),
            jti: EventId::at(now).to_string(),
            sid: session,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TOKEN_TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        let text = jsonwebtoken::encode(&header, &claims, &key.private).map_err(Error::internal)?;
        Ok(AccessToken { text, expires_at })
    }

    /// The public keys: of those that signed tokens which may be alive, of the one that signs, of the next one.
    pub async fn published(&self, db: &Db) -> JwkSet {
        self.current(db).await.published.clone()
    }

    /// Takes the keys from the database, makes the next one when it is time, and forgets those that are spent. Any
    /// number of replicas may do so at once.
    ///
    /// # Errors
    /// When the database fails, or holds keys that were sealed with another secret.
    pub async fn renew(&self, db: &Db) -> anyhow::Result<()> {
        let _one = self.renewing.lock().await;
        let now = self.clock.now();
        let mut stored = store::keys::all(db.conn()).await?;
        if let Some(next) = self.rules.next(&generations(&stored), now) {
            let key = self.make(next)?;
            let tx = db.begin().await?;
            store::keys::offer(&tx, &key, now).await?;
            tx.commit().await?;
            tracing::info!(generation = next.number, signs_from = %next.signs_from, "a signing key was made");
            stored = store::keys::all(db.conn()).await?;
        }
        let known = generations(&stored);
        let (spent, kept): (Vec<_>, Vec<_>) =
            stored.into_iter().partition(|key| self.rules.is_spent(&known, key.generation, now));
        if !spent.is_empty() {
            let tx = db.begin().await?;
            for key in &spent {
                store::keys::delete(&tx, &key.kid).await?;
            }
            tx.commit().await?;
        }
        let keys = kept.into_iter().map(|key| self.unseal(key)).collect::<anyhow::Result<Vec<Key>>>()?;
        let published = JwkSet { keys: keys.iter().map(|key| key.public.clone()).collect() };
        self.guard.set_keys(published.clone());
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Held { keys, published });
        Ok(())
    }

    /// The keys held, renewed first when the timetable says so. If that fails, those held must do: a database that
    /// is away for a moment is no reason to refuse what can be signed.
    async fn current(&self, db: &Db) -> Arc<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (now, known): (_, Vec<Generation>) =
            (self.clock.now(), held.keys.iter().map(|key| key.generation).collect());
        let due = self.rules.next(&known, now).is_some()
            || known.iter().any(|key| self.rules.is_spent(&known, *key, now));
        if !due {
            return held;
        }
        if let Err(fault) = self.renew(db).await {
            tracing::error!("the signing keys could not be renewed: {fault:#}");
        }
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn make(&self, generation: Generation) -> anyhow::Result<StoredKey> {
        let mut seed = [0; 32];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut seed);
        let pair = SigningKey::from_bytes(&seed);
        let public = URL_SAFE_NO_PAD.encode(pair.verifying_key().as_bytes());
        let kid = thumbprint(&public);
        let der = pair.to_pkcs8_der().context("a signing key could not be encoded")?;
        Ok(StoredKey { sealed: self.vault.seal.close(&kid, der.as_bytes()), kid, generation, public })
    }

    fn unseal(&self, key: StoredKey) -> anyhow::Result<Key> {
        let der = self.vault.seal.open(&key.kid, &key.sealed).with_context(|| {
            format!(
                "auth: JWT_SECRET does not open the signing key {} in the database; set the secret it was sealed \
                 with, or delete the rows of signing_keys, which signs everybody out",
                key.kid
            )
        })?;
        Ok(Key {
            private: EncodingKey::from_ed_der(&der),
            public: published(&key),
            kid: key.kid,
            generation: key.generation,
        })
    }
}

/// The public half as RFC 8037 has it.
fn published(key: &StoredKey) -> Jwk {
    Jwk {
        common: CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(KeyAlgorithm::EdDSA),
            key_id: Some(key.kid.clone()),
            ..CommonParameters::default()
        },
        algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
            key_type: OctetKeyPairType::OctetKeyPair,
            curve: EllipticCurve::Ed25519,
            x: key.public.clone(),
        }),
    }
}

fn generations(keys: &[StoredKey]) -> Vec<Generation> {
    keys.iter().map(|key| key.generation).collect()
}

/// RFC 7638 with the members of RFC 8037: the id follows from the key, so no two keys can share one.
fn thumbprint(public: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use super::thumbprint;

    #[test]
    fn the_id_of_a_key_is_its_thumbprint() {
        // RFC 8037, appendix A.3.
        let id = thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
