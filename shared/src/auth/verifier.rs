use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Header, Validation};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::keys::{Keys, Lookup};
use super::{ACCESS_TOKEN_TYPE, Caller, Claims, Revocations};
use crate::clock::Clock;
use crate::config::TokensConfig;

/// Why an access token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("no access token")]
    Missing,
    /// It is none of ours; the reason is for the log.
    #[error("invalid: {0}")]
    Invalid(&'static str),
    /// It was one of ours.
    #[error("expired")]
    Expired,
    /// Its session has ended.
    #[error("revoked")]
    Revoked,
    /// It cannot be said yet, for want of this.
    #[error("unavailable: {0}")]
    Unavailable(&'static str),
}

impl TokenError {
    fn reason(&self) -> &'static str {
        match self {
            TokenError::Missing => "missing",
            TokenError::Invalid(_) => "invalid",
            TokenError::Expired => "expired",
            TokenError::Revoked => "revoked",
            TokenError::Unavailable(_) => "unavailable",
        }
    }
}

/// Verifies access tokens with auth's public keys: EdDSA only, `typ` `at+jwt` only, `exp nbf iss aud sub` required.
/// What has been verified is remembered until it expires; whether the session still lives is asked each time.
#[derive(Clone)]
pub struct TokenVerifier(Arc<Inner>);

struct Inner {
    keys: Keys,
    validation: Validation,
    revocations: Revocations,
    clock: Clock,
    verified: Cache<[u8; 32], Arc<Caller>>,
}

/// Ours are about 600 bytes.
const LONGEST_TOKEN: usize = 4096;
const REMEMBERED: u64 = 20_000;
/// How long fetched keys are good before they are asked for again.
const KEYS_KEPT: Duration = Duration::from_secs(60);
/// How often they are asked for as long as there are none: auth may be starting next to us.
const KEYS_AWAITED: Duration = Duration::from_millis(100);
/// How much another machine's clock may be ahead of ours, in seconds; only for `nbf`.
const CLOCKS_APART: i64 = 1;

impl TokenVerifier {
    /// With the keys that auth publishes at `auth_url`.
    pub fn new(config: &TokensConfig, revocations: Revocations, clock: Clock) -> Self {
        TokenVerifier::build(config, Keys::of_auth(&config.auth_url), revocations, clock)
    }

    /// With keys that are at hand: auth itself needs no network to know them.
    pub fn with_keys(config: &TokensConfig, revocations: Revocations, clock: Clock, keys: JwkSet) -> Self {
        TokenVerifier::build(config, Keys::own(keys), revocations, clock)
    }

    fn build(config: &TokensConfig, keys: Keys, revocations: Revocations, clock: Clock) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        // Times are compared below, with our own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let verified =
            Cache::builder().max_capacity(REMEMBERED).time_to_idle(Duration::from_secs(15 * 60)).build();
        TokenVerifier(Arc::new(Inner { keys, validation, revocations, clock, verified }))
    }

    /// Replaces the keys after a rotation. Tokens of a key that is gone are refused from now on.
    pub fn set_keys(&self, keys: JwkSet) {
        if self.0.keys.replace(keys.keys) {
            self.0.verified.invalidate_all();
        }
    }

    /// The caller that the token stands for. Refusals are logged and counted (`token_refusals_total`), without the
    /// token.
    pub async fn verify(&self, token: &str) -> Result<Caller, TokenError> {
        let outcome = self.0.check(token).await;
        if let Err(refusal) = &outcome {
            metrics::counter!("token_refusals_total", "reason" => refusal.reason()).increment(1);
            tracing::info!(reason = %refusal, "an access token was refused");
        }
        outcome
    }

    /// What is still missing before any token can be judged.
    pub fn waiting_for(&self) -> Option<&'static str> {
        if self.0.keys.is_empty() {
            Some("token keys")
        } else if !self.0.revocations.is_loaded() {
            Some("list of ended sessions")
        } else {
            None
        }
    }

    /// Until `stop`: fetches the keys, at once until there are any and then every minute, and forgets the sessions
    /// that ended so long ago that their tokens have expired.
    pub(crate) async fn keep_fresh(&self, stop: CancellationToken) {
        let inner = &self.0;
        loop {
            let pause = match inner.keys.fetch().await {
                Ok(withdrawn) => {
                    if withdrawn {
                        inner.verified.invalidate_all();
                    }
                    KEYS_KEPT
                }
                Err(error) if inner.keys.is_empty() => {
                    tracing::debug!(error = format!("{error:#}"), "no token keys yet");
                    KEYS_AWAITED
                }
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "the token keys could not be refreshed");
                    KEYS_KEPT
                }
            };
            inner.revocations.purge(inner.clock.now());
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }
}

impl Inner {
    async fn check(&self, token: &str) -> Result<Caller, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Invalid("too long"));
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        let caller = match self.verified.get(&digest).await {
            Some(caller) => caller,
            None => {
                let caller = Arc::new(self.decode(token).await?);
                self.verified.insert(digest, caller.clone()).await;
                caller
            }
        };
        if caller.expires_at <= self.clock.now() {
            self.verified.invalidate(&digest).await;
            return Err(TokenError::Expired);
        }
        if !self.revocations.is_loaded() {
            return Err(TokenError::Unavailable("list of ended sessions"));
        }
        if self.revocations.is_revoked(caller.session_id) {
            return Err(TokenError::Revoked);
        }
        Ok(Caller::clone(&caller))
    }

    async fn decode(&self, token: &str) -> Result<Caller, TokenError> {
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid("not a token of ours"))?;
        let kid = acceptable(&header)?;
        let key = match self.keys.find(kid, || self.verified.invalidate_all()).await {
            Lookup::Known(key) => key,
            Lookup::Unknown => return Err(TokenError::Invalid("unknown key")),
            Lookup::NoKeys => return Err(TokenError::Unavailable("token keys")),
        };
        let claims: Claims = jsonwebtoken::decode(token, &key, &self.validation).map_err(reason)?.claims;
        if claims.sub != claims.user_id {
            return Err(TokenError::Invalid("sub is not userId"));
        }
        let now = self.clock.now();
        if claims.nbf > now.timestamp() + CLOCKS_APART {
            return Err(TokenError::Invalid("not valid yet"));
        }
        let expires_at =
            DateTime::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid("exp is out of range"))?;
        if expires_at <= now {
            return Err(TokenError::Expired);
        }
        Ok(Caller::new(claims.user_id, claims.sid, claims.role, &claims.email, expires_at, token))
    }
}

/// The key's id, if the header asks for nothing that we do not do. A header that brings its own key, or says where
/// one is, is an attempt to be believed without reason.
fn acceptable(header: &Header) -> Result<&str, TokenError> {
    if header.alg != Algorithm::EdDSA {
        return Err(TokenError::Invalid("another algorithm"));
    }
    if !header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(ACCESS_TOKEN_TYPE)) {
        return Err(TokenError::Invalid("not an access token"));
    }
    let brings_key =
        header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
    if brings_key {
        return Err(TokenError::Invalid("it brings its own key"));
    }
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(TokenError::Invalid("it asks for an extension"));
    }
    header.kid.as_deref().ok_or(TokenError::Invalid("no key id"))
}

fn reason(error: jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind;
    TokenError::Invalid(match error.kind() {
        ErrorKind::InvalidSignature => "bad signature",
        ErrorKind::InvalidIssuer => "another issuer",
        ErrorKind::InvalidAudience => "another audience",
        ErrorKind::MissingRequiredClaim(_) => "a claim is missing",
        _ => "not a token of ours",
    })
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
