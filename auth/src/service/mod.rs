//! The use cases of auth, one a file, and what they share.

mod administer;
mod attempt;
mod change_password;
mod export;
mod first_admin;
mod forgot;
mod hasher;
mod housekeeping;
mod keys;
mod limiter;
mod login;
mod logout;
mod refresh;
mod register;
mod reset;
mod seen;
mod sessions;
mod turns;
mod vault;
mod verify;
mod verify_email;

use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use shared::{
    auth::{Caller, Revocations, TokenVerifier},
    cache::Cache,
    clock::{Clock, Timestamp},
    db::{Db, Tx},
};
use tokio::sync::Notify;

pub(crate) use self::first_admin::first_admin;
pub use self::{
    first_admin::{GeneratedAdmin, appoint_admin, ensure_first_admin, generated_password},
    register::Registration,
    sessions::Shown,
    verify::Verified,
};
use self::{hasher::Hasher, keys::Keyring, limiter::Limiter, seen::Seen, turns::Turns, vault::Vault};
use crate::{
    Config, Error,
    domain::{
        Account, Change, Client, Lifetimes, PasswordPolicy, Session, ThrottleRules, Token,
        account::Beginning, link::LinkRules,
    },
    store,
};

/// All that a use case needs; clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    db: Db,
    /// The same database, for tasks on the main runtime.
    background: Db,
    clock: Clock,
    cache: Cache,
    revocations: Revocations,
    guard: TokenVerifier,
    lifetimes: Lifetimes,
    throttle: ThrottleRules,
    links: LinkRules,
    policy: PasswordPolicy,
    keys: Keyring,
    vault: Arc<Vault>,
    hasher: Hasher,
    turns: Turns,
    limiter: Limiter,
    seen: Seen,
    /// Wakes the worker that looks up who forgot a password.
    forgotten: Arc<Notify>,
}

/// Somebody is signed in: what the answer tells.
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The JWT.
    pub access_token: String,
    /// For how many seconds it is good.
    pub expires_in: i64,
    /// The secret that gives the next one.
    pub refresh_token: String,
}

impl App {
    /// Puts together what the use cases need. The signing keys are brought up on the way.
    ///
    /// # Errors
    /// When the database, the cache's settings or the signing keys cannot be used.
    pub async fn open(config: &Config, db: Db, revocations: Revocations) -> anyhow::Result<Self> {
        let clock = db.clock().clone();
        let secret = match &config.jwt_secret {
            Some(secret) => secret.clone(),
            None => shared::vault::secret_of_data_folder(&config.common.data_dir, "auth", "jwt_secret")?,
        };
        let vault = Arc::new(Vault::of(&secret));
        let tokens = &config.common.tokens;
        let none = JwkSet { keys: Vec::new() };
        let guard = TokenVerifier::with_keys(tokens, revocations.clone(), clock.clone(), none);
        let keys = Keyring::open(&db, config.keys, tokens, vault.clone(), guard.clone()).await?;
        let cache = Cache::open(&config.common.cache, "auth")?;
        Ok(App(Arc::new(Inner {
            limiter: Limiter::new(config.public_calls_per_minute, cache.clone(), clock.clone()),
            hasher: Hasher::new(config.bcrypt_cost),
            policy: PasswordPolicy::new(config.password_min_length),
            lifetimes: config.lifetimes,
            throttle: config.throttle,
            links: config.links,
            turns: Turns::default(),
            seen: Seen::default(),
            forgotten: Arc::default(),
            background: db.background(),
            db,
            clock,
            cache,
            revocations,
            guard,
            keys,
            vault,
        })))
    }

    /// Verifies access tokens with this service's own keys.
    #[must_use]
    pub fn guard(&self) -> TokenVerifier {
        self.0.guard.clone()
    }

    /// The rules for a new password.
    #[must_use]
    pub fn policy(&self) -> &PasswordPolicy {
        &self.0.policy
    }

    /// The cache, to be asked whether it is there.
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.0.cache.clone()
    }

    /// The public keys that verify access tokens.
    pub async fn published_keys(&self) -> JwkSet {
        self.0.keys.published(&self.0.db).await
    }

    /// Counts a call to a public endpoint.
    ///
    /// # Errors
    /// [`Error::RateLimited`] when it is one too many.
    pub async fn count_call(&self, address: &str) -> Result<(), Error> {
        self.0.limiter.count(address).await
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A new secret for a token.
    fn secret(&self) -> Token {
        let mut bytes = [0; 32];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
        Token::of(bytes)
    }

    fn beginning<'a>(&'a self, client: &'a Client, refresh: &'a Token) -> Beginning<'a> {
        Beginning { client, refresh, lifetimes: &self.0.lifetimes }
    }

    /// Saves a change, commits, and refuses at once in this process the sessions that it ends. The others hear of
    /// them by the events.
    async fn commit(&self, tx: Tx, change: Change) -> Result<Account, Error> {
        let ended: Vec<_> = change.ended().collect();
        let account = store::save(&tx, change).await?;
        tx.commit().await?;
        for (session, until) in ended {
            self.0.revocations.revoke(session, until);
        }
        Ok(account)
    }

    /// Saves a change that begins a session, and signs the first access token.
    async fn commit_signed_in(&self, tx: Tx, change: Change, refresh: &Token) -> Result<SignedIn, Error> {
        let session =
            change.opened().cloned().ok_or_else(|| Error::internal("the change begins no session"))?;
        let account = self.commit(tx, change).await?;
        self.signed_in(account, &session, refresh).await
    }

    async fn signed_in(
        &self,
        account: Account,
        session: &Session,
        refresh: &Token,
    ) -> Result<SignedIn, Error> {
        let now = self.now();
        let expires_at = session.access_expires(&self.0.lifetimes, now);
        let token = self.0.keys.sign(&self.0.db, &account, session.id, now, expires_at).await?;
        Ok(SignedIn {
            account,
            access_token: token.text,
            expires_in: (token.expires_at - now).num_seconds(),
            refresh_token: refresh.reveal(),
        })
    }

    /// The caller's account and session, both as they are now and kept from other transactions. A token says what
    /// was so when it was signed.
    async fn present(&self, tx: &Tx, caller: &Caller) -> Result<(Account, Session), Error> {
        let account = store::accounts::lock(tx, caller.user_id).await?;
        let session = store::sessions::by_id(&**tx, caller.session_id).await?;
        self.both(caller, account, session)
    }

    /// The same without keeping anybody from anything.
    async fn glance(&self, caller: &Caller) -> Result<(Account, Session), Error> {
        let account = store::accounts::by_id(self.0.db.conn(), caller.user_id).await?;
        let session = store::sessions::by_id(self.0.db.conn(), caller.session_id).await?;
        let both = self.both(caller, account, session)?;
        self.0.seen.note(caller.session_id, self.now());
        Ok(both)
    }

    fn both(
        &self,
        caller: &Caller,
        account: Option<Account>,
        session: Option<Session>,
    ) -> Result<(Account, Session), Error> {
        let now = self.now();
        let account = account.filter(Account::is_active);
        let session = session.filter(|session| session.user_id == caller.user_id && session.is_live(now));
        account.zip(session).ok_or(Error::SignedOut)
    }
}
