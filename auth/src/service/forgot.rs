//! A forgotten password.

use std::time::Duration;

use shared::process::Process;

use super::App;
use crate::{
    Error,
    domain::{
        Account, Email,
        link::{Link, LinkRules},
        token::Purpose,
    },
    store,
};

/// A safety net for wake-ups that got lost with a process.
const POLL: Duration = Duration::from_secs(5);
/// The worker begins that many milliseconds after it was woken, at random. Looking up somebody who exists writes more
/// than looking up nobody does, and on a small machine the next call would feel it: not at a moment that anybody knows.
const PAUSE: std::ops::Range<u64> = 50..500;
/// So many requests are looked up in one go.
const BATCH: u64 = 64;

impl App {
    /// Writes down that somebody forgot the password of an address. Whether anybody has that address is looked up
    /// afterwards, by a worker; so neither the answer nor the time it takes can tell.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forgot_password(&self, email: &Email) -> Result<(), Error> {
        let tx = self.0.db.begin().await?;
        store::reset_requests::insert(&tx, email, self.now()).await?;
        tx.wake_after_commit(&self.0.forgotten);
        tx.commit().await?;
        Ok(())
    }

    /// Starts the worker that mails the links. Any number of replicas may run one.
    pub fn mail_reset_links(&self, process: &Process) {
        let (app, halting) = (self.clone(), process.lifecycle.halting());
        process.lifecycle.spawn("password resets", async move {
            loop {
                // What is there when the process halts waits for the next one.
                match app.serve_reset_requests().await {
                    Ok(served) if served > 0 => continue,
                    Ok(_) => {}
                    Err(fault) => tracing::warn!("requests for password resets wait: {fault}"),
                }
                tokio::select! {
                    () = halting.cancelled() => return Ok(()),
                    () = app.0.forgotten.notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
                let pause = Duration::from_millis(rand::random_range(PAUSE));
                tokio::select! {
                    () = halting.cancelled() => return Ok(()),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }

    async fn serve_reset_requests(&self) -> Result<usize, Error> {
        let waiting = store::reset_requests::waiting(self.0.background.conn(), BATCH).await?;
        for id in &waiting {
            self.serve_reset_request(*id).await?;
        }
        Ok(waiting.len())
    }

    async fn serve_reset_request(&self, id: uuid::Uuid) -> Result<(), Error> {
        let tx = self.0.background.begin().await?;
        let Some(email) = store::reset_requests::take(&tx, id).await? else { return Ok(()) };
        let account = match store::accounts::by_email(&*tx, &email).await? {
            Some(found) => store::accounts::lock(&tx, found.id()).await?,
            None => None,
        };
        let Some(account) = account.filter(Account::is_active) else {
            tracing::info!(email_hash = email.hash().as_str(), "a password reset for nobody was asked for");
            tx.commit().await?;
            return Ok(());
        };
        let now = self.now();
        let made =
            store::links::made_since(&*tx, account.id(), Purpose::PasswordReset, now - LinkRules::WINDOW)
                .await?;
        if made.len() as u64 >= self.0.links.per_hour {
            tracing::warn!(user = %account.id(), "too many password resets were asked for; no further mail is sent");
            tx.commit().await?;
            return Ok(());
        }
        tracing::info!(user = %account.id(), "a password reset was asked for");
        let link = Link::new(&account, Purpose::PasswordReset, &self.secret(), &self.0.links, now);
        self.commit(tx, account.send(link)).await.map(|_| ())
    }
}
