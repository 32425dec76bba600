//! Signing in.

use super::{App, SignedIn, attempt::Failure};
use crate::{
    Error,
    domain::{Account, Client, Email},
    store,
};

impl App {
    /// Signs in with an address and a password, both as typed.
    ///
    /// A wrong address and a wrong password take the same way – one booking, one look-up, one comparison, one report –
    /// and so the same time.
    ///
    /// # Errors
    /// [`Error::Credentials`] when either is wrong or the account is closed; [`Error::Locked`] after too many
    /// failures, right or wrong.
    pub async fn login(&self, email: &str, password: String, client: &Client) -> Result<SignedIn, Error> {
        let attempt = self.attempt(email, client).await?;
        let account = match Email::parse(email) {
            Ok(email) => store::accounts::by_email(self.0.db.conn(), &email).await?,
            Err(_) => None,
        };
        let known = account.as_ref().map(|account| &account.state().password_hash);
        let matches = self.0.hasher.matches(password.clone(), known).await?;
        let Some(account) = account.filter(|_| matches) else {
            self.failed(attempt, Failure::BadCredentials).await?;
            return Err(Error::Credentials);
        };
        if !account.is_active() {
            self.failed(attempt, Failure::Inactive).await?;
            return Err(Error::Credentials);
        }
        let signed_in = self.begin_session(&account, password, client).await?;
        drop(attempt);
        Ok(signed_in)
    }

    /// Begins a session of an account whose password was found right a moment ago.
    pub(super) async fn begin_session(
        &self,
        found: &Account,
        password: String,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let now = self.now();
        let rehash = match self.0.hasher.is_outdated(&found.state().password_hash) {
            true => self.rehash(password, found).await?,
            false => None,
        };
        let refresh = self.secret();
        let tx = self.0.db.begin().await?;
        let account = store::accounts::lock(&tx, found.id()).await?;
        // In the meantime the password may have been changed, or the account closed.
        let same = |account: &Account| account.state().password_hash == found.state().password_hash;
        let account =
            account.filter(|account| account.is_active() && same(account)).ok_or(Error::Credentials)?;
        let change = account.sign_in(&self.beginning(client, &refresh), rehash, now);
        let signed_in = self.commit_signed_in(tx, change, &refresh).await?;
        self.forgive(found.email()).await;
        Ok(signed_in)
    }

    /// The password hashed at the configured cost. One that the rules of today refuse keeps its old hash.
    async fn rehash(
        &self,
        password: String,
        account: &Account,
    ) -> Result<Option<crate::domain::PasswordHash>, Error> {
        match self.0.policy.parse(password, Some(account.email())) {
            Ok(password) => self.0.hasher.hash(password).await.map(Some),
            Err(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::testing::World;

    use super::*;
    use crate::Config;

    const PASSWORD: &str = "seven green bicycles";

    async fn app(world: &World) -> App {
        let sources = world.sources("auth").await.with("BCRYPT_COST", "4").with("LOGIN_MAX_FAILURES", "100");
        let config = Config::read(&sources).unwrap();
        let db = world.open::<migrations::auth::Migrator>("auth").await;
        App::open(&config, db, world.process().revocations.clone()).await.unwrap()
    }

    /// What an attempt costs, in what takes time: comparisons of passwords, and rows written.
    async fn cost(app: &App, world: &World, email: &str, password: &str) -> (u64, usize) {
        let before = (app.0.hasher.comparisons(), world.emitted("auth").await.len());
        let refused = app.login(email, password.to_owned(), &Client::default()).await;
        assert!(matches!(refused, Err(Error::Credentials)));
        (app.0.hasher.comparisons() - before.0, world.emitted("auth").await.len() - before.1)
    }

    /// A stopwatch would be at the mercy of the machine; that the work is the same is what makes the time the same.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_wrong_address_costs_as_much_as_a_wrong_password() {
        let world = World::start().await.keeping_events();
        let app = app(&world).await;
        let email = Email::parse("alice@example.com").unwrap();
        let password = app.policy().parse(PASSWORD.to_owned(), Some(&email)).unwrap();
        let asked = super::super::Registration { email, password, idempotency_key: None };
        app.register(asked, &Client::default()).await.unwrap();
        let wrong_password = cost(&app, &world, "alice@example.com", "not the password").await;
        for email in ["nobody@example.com", "no address at all", ""] {
            assert_eq!(cost(&app, &world, email, PASSWORD).await, wrong_password, "{email:?}");
        }
        assert_eq!(wrong_password, (1, 1));
    }
}
