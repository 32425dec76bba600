//! An attempt at a password: booked before it is looked at, and answered for afterwards.

use std::time::Duration;

use chrono::TimeDelta;
use shared::{
    clock::Timestamp,
    events::{NewEvent, UserLocked, UserLoginFailed},
    ids::UserId,
};
use tokio::sync::OwnedMutexGuard;

use super::App;
use crate::{
    Error,
    domain::{Attempts, Client, Email, EmailHash, Verdict},
    store,
};

/// An attempt that was booked as a failure. Success strikes it out with all others (the change says so); otherwise
/// [`App::failed`] tells the world.
pub(super) struct Attempt<'a> {
    email: &'a str,
    hash: EmailHash,
    client: &'a Client,
    attempts: Attempts,
    locks_until: Option<Timestamp>,
    /// Held to the end: the next attempt on this address must see what became of this one.
    _turn: OwnedMutexGuard<()>,
}

/// Why an attempt failed, in `user.login_failed`.
#[derive(Clone, Copy)]
pub(super) enum Failure {
    BadCredentials,
    Inactive,
    Locked,
}

impl Failure {
    fn as_str(self) -> &'static str {
        match self {
            Failure::BadCredentials => "bad_credentials",
            Failure::Inactive => "inactive",
            Failure::Locked => "locked",
        }
    }
}

impl App {
    /// Books an attempt on what was typed as an address. Nothing that this does depends on whether anybody has it.
    pub(super) async fn attempt<'a>(&self, typed: &'a str, client: &'a Client) -> Result<Attempt<'a>, Error> {
        let hash = EmailHash::of_typed(typed);
        let turn = self.0.turns.take(&hash).await;
        if let Some(until) = self.known_lock(&hash).await {
            return Err(self.locked(&hash, client, until));
        }
        let now = self.now();
        let tx = self.0.db.begin().await?;
        let mut attempts = store::attempts::lock(&tx, &hash, now).await?;
        match attempts.book(&self.0.throttle, now) {
            Verdict::Try { locks_until } => {
                store::attempts::write(&tx, &hash, &attempts, now).await?;
                tx.commit().await?;
                Ok(Attempt { email: typed, hash, client, attempts, locks_until, _turn: turn })
            }
            Verdict::Refuse { until } => {
                // Nothing was changed; and to tell of it locks the account, which others do before this row.
                drop(tx);
                let attempt =
                    Attempt { email: typed, hash, client, attempts, locks_until: None, _turn: turn };
                self.tell(&attempt, Failure::Locked).await?;
                // The first refusal of a lock is told to the world; the others cost no transaction.
                self.remember_lock(&attempt.hash, until).await;
                Err(self.locked(&attempt.hash, client, until))
            }
        }
    }

    /// The password was not the one: the booking stands.
    pub(super) async fn failed(&self, attempt: Attempt<'_>, failure: Failure) -> Result<(), Error> {
        self.tell(&attempt, failure).await
    }

    /// Nothing counts against the address any more: whatever the cache says of a lock is over too.
    pub(super) async fn forgive(&self, email: &Email) {
        if let Err(fault) = self.0.cache.delete(&lock_key(&email.hash())).await {
            tracing::debug!(%fault, "a lock could not be taken out of the cache; it ends by itself");
        }
    }

    async fn tell(&self, attempt: &Attempt<'_>, failure: Failure) -> Result<(), Error> {
        let now = self.now();
        let tx = self.0.db.begin().await?;
        let normal = Email::parse(attempt.email).map(|email| email.to_string()).unwrap_or_default();
        let (failures, until) = (attempt.attempts.recent().len(), attempt.attempts.locked_until());
        let account = store::accounts::note_failures(&tx, &normal, failures, until).await?;
        let (user_id, version) = account.map_or((None, 0), |(id, version)| (Some(id), version));
        tx.emit_all(attempt.events(user_id, version, failure, now)).await?;
        tx.commit().await?;
        metrics::counter!("auth_login_failures_total", "reason" => failure.as_str()).increment(1);
        tracing::warn!(
            user = user_id.map(tracing::field::display),
            email_hash = attempt.hash.as_str(),
            ip = attempt.client.ip_text(),
            reason = failure.as_str(),
            locked_until = attempt.locks_until.map(tracing::field::display),
            "a password was refused"
        );
        Ok(())
    }

    async fn known_lock(&self, hash: &EmailHash) -> Option<Timestamp> {
        let value = self.0.cache.get(&lock_key(hash)).await.ok()??;
        let micros = String::from_utf8(value).ok()?.parse().ok()?;
        Timestamp::from_timestamp_micros(micros).filter(|until| *until > self.now())
    }

    async fn remember_lock(&self, hash: &EmailHash, until: Timestamp) {
        let micros = until.timestamp_micros().to_string();
        let ttl = wait(until - self.now());
        // Without the cache each refusal asks the database, which knows best anyway.
        let _ = self.0.cache.set(&lock_key(hash), micros.as_bytes(), ttl).await;
    }

    fn locked(&self, hash: &EmailHash, client: &Client, until: Timestamp) -> Error {
        metrics::counter!("auth_locked_attempts_total").increment(1);
        tracing::info!(email_hash = hash.as_str(), ip = client.ip_text(), %until, "a locked address was refused");
        Error::Locked { retry_after: wait(until - self.now()) }
    }
}

impl Attempt<'_> {
    /// Two events on one account share its version: they are one change of it.
    fn events(
        &self,
        user_id: Option<UserId>,
        version: i64,
        failure: Failure,
        now: Timestamp,
    ) -> Vec<NewEvent> {
        let email_hash = self.hash.as_str().to_owned();
        let failed = UserLoginFailed {
            user_id,
            email_hash: email_hash.clone(),
            reason: failure.as_str().to_owned(),
            ip: self.client.ip_text(),
            user_agent: self.client.user_agent.clone(),
        };
        let mut events = vec![NewEvent::of(&failed, version, None, now)];
        if let Some(until) = self.locks_until {
            let failures = u32::try_from(self.attempts.recent().len()).unwrap_or(u32::MAX);
            events.push(NewEvent::of(
                &UserLocked { user_id, email_hash, failures, until },
                version,
                None,
                now,
            ));
        }
        events
    }
}

fn lock_key(hash: &EmailHash) -> String {
    format!("lock:{}", hash.as_str())
}

fn wait(rest: TimeDelta) -> Duration {
    rest.to_std().unwrap_or_default().max(Duration::from_secs(1))
}
