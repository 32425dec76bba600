//! What is forgotten in time, and what must be remembered at a start.

use std::time::Duration;

use chrono::TimeDelta;
use shared::process::Process;

use super::App;
use crate::{Error, store};

/// How often.
const EVERY: Duration = Duration::from_secs(3600);
/// How often the signing keys are looked at: far more often than a key is published ahead of its time.
const KEYS: Duration = Duration::from_secs(30);
/// Sessions that are over are kept that long, should somebody ask how it came.
const SESSIONS: TimeDelta = TimeDelta::days(30);
/// No access token lives longer (`JWT_EXPIRES_IN` is at most 24 h), clocks that differ included.
const LONGEST_TOKEN: TimeDelta = TimeDelta::hours(25);

impl App {
    /// Refuses again the sessions that were ended before this process started while tokens of theirs may be alive.
    /// The feed of events says the same; but on the local bus what has been delivered is not delivered again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remember_ended_sessions(&self) -> Result<(), Error> {
        let since = self.now() - LONGEST_TOKEN;
        for (session, until) in store::sessions::ended_since(&self.0.db, since).await? {
            self.0.revocations.revoke(session, until);
        }
        Ok(())
    }

    /// Starts the tasks that renew the keys and forget what is over.
    pub fn keep_house(&self, process: &Process) {
        let (app, halting) = (self.clone(), process.lifecycle.halting());
        process.lifecycle.spawn("signing keys", async move {
            loop {
                tokio::select! {
                    () = halting.cancelled() => return Ok(()),
                    () = tokio::time::sleep(KEYS) => {}
                }
                if let Err(fault) = app.0.keys.renew(&app.0.background).await {
                    tracing::error!("the signing keys could not be renewed: {fault:#}");
                }
            }
        });
        let (app, halting) = (self.clone(), process.lifecycle.halting());
        process.lifecycle.spawn("housekeeping of auth", async move {
            loop {
                tokio::select! {
                    () = halting.cancelled() => return Ok(()),
                    () = tokio::time::sleep(EVERY) => {}
                }
                if let Err(fault) = app.forget_what_is_over().await {
                    tracing::warn!("what is over could not be forgotten: {fault}");
                }
            }
        });
    }

    async fn forget_what_is_over(&self) -> Result<(), Error> {
        let now = self.now();
        let tx = self.0.background.begin().await?;
        let sessions = store::sessions::purge(&tx, now - SESSIONS).await?;
        let tokens = store::refresh_tokens::purge(&tx, now - SESSIONS).await?;
        let links = store::links::purge(&tx, now - TimeDelta::days(1)).await?;
        let attempts = store::attempts::purge(&tx, now - self.0.throttle.forgotten_after()).await?;
        let keys = shared::once::purge(&*tx, now).await?;
        tx.commit().await?;
        tracing::debug!(sessions, tokens, links, attempts, keys, "forgot what is over");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use shared::{clock::Timestamp, testing::World};

    use super::*;
    use crate::{
        Config,
        domain::{Client, Email},
        service::Registration,
    };

    async fn rows(world: &World) -> Vec<i64> {
        let db = world.db("auth");
        let mut counts = Vec::new();
        for table in
            ["sessions", "refresh_tokens", "one_time_tokens", "login_attempts", "idempotency_keys", "users"]
        {
            let sql = db.sql(&format!("SELECT count(*) AS n FROM {table}"), []);
            let row = sea_orm::ConnectionTrait::query_one_raw(db.conn(), sql).await.unwrap().unwrap();
            counts.push(row.try_get("", "n").unwrap());
        }
        counts
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_over_is_forgotten_in_its_time_and_nothing_else() {
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let world = World::at(start).await.keeping_events();
        let sources = world.sources("auth").await.with("BCRYPT_COST", "4");
        let config = Config::read(&sources).unwrap();
        let db = world.open::<migrations::auth::Migrator>("auth").await;
        let app = App::open(&config, db, world.process().revocations.clone()).await.unwrap();
        let email = Email::parse("alice@example.com").unwrap();
        let password = app.policy().parse("seven green bicycles".to_owned(), None).unwrap();
        let asked = Registration { email, password, idempotency_key: Some("a key".to_owned()) };
        let client = Client::default();
        app.register(asked, &client).await.unwrap();
        assert!(app.login("bob@example.com", "wrong".to_owned(), &client).await.is_err());

        let all = vec![1, 1, 1, 1, 1, 1];
        assert_eq!(rows(&world).await, all);
        for (hours, left) in [
            (0, all.clone()),
            (1, vec![1, 1, 1, 0, 1, 1]),  // the failures: three quarters of an hour
            (24, vec![1, 1, 1, 0, 0, 1]), // the key: a day
            (49, vec![1, 1, 0, 0, 0, 1]), // the link: a day after it expired
            (36 * 24, vec![1, 1, 0, 0, 0, 1]), // the session expired after a week
            (38 * 24, vec![0, 0, 0, 0, 0, 1]), // and is kept for thirty days more
        ] {
            world.clock().advance(start + TimeDelta::hours(hours) - world.clock().now());
            app.forget_what_is_over().await.unwrap();
            assert_eq!(rows(&world).await, left, "after {hours} hours");
        }
    }
}
